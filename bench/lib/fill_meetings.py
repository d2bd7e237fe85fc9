"""Fills a database of a stopped hopd as years of an agency's work would: 5,000 accounts in 200 units,
100 groups, 100 rooms, 10,000 meetings of which 500 are weekly and 20 daily for ten years.
fill_meetings.py DATABASE NOW_S"""

import random
import sqlite3
import sys

HOUR = 3600 * 10**6
DAY = 24 * HOUR
FAMILY = ["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ"]
GIVEN = ["Văn An", "Thị Bình", "Đức Cường", "Minh Đạo", "Thu Hà", "Quốc Khánh", "Ngọc Lan", "Hữu Nghĩa"]
ABOUT = ["Giao ban tuần", "Họp Đảng ủy", "Hội nghị trực tuyến", "Thẩm định dự án", "Tiếp công dân",
         "Kiểm điểm tiến độ", "Tập huấn chuyển đổi số", "Làm việc với sở ngành"]
FOLD = str.maketrans("àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ",
                     "a" * 17 + "e" * 11 + "i" * 5 + "o" * 17 + "u" * 11 + "y" * 5 + "d")


def fold(text):
    return text.lower().translate(FOLD)


def accounts(db, now):
    units = []
    for i in range(200):
        parent = units[(i - 1) // 10] if i else None
        units.append(db.execute("INSERT INTO units (parent_id, name) VALUES (?, ?)",
                                (parent, f"Phòng {i}")).lastrowid)
    users = []
    for i in range(5000):
        name = f"{random.choice(FAMILY)} {random.choice(GIVEN)} {i}"
        users.append(db.execute(
            "INSERT INTO users (username, name, title, email, password_hash, unit_id, roles, search, sort,"
            " created_at) VALUES (?, ?, 'Chuyên viên', ?, 'x', ?, 8, ?, ?, ?)",
            (f"canbo{i}", name, f"canbo{i}@tinh.gov.vn", units[i % 200],
             fold(f"{name} canbo{i} chuyen vien canbo{i}@tinh.gov.vn"), fold(name), now)).lastrowid)
    for i in range(100):
        group = db.execute("INSERT INTO user_groups (name, sort) VALUES (?, ?)",
                           (f"Nhóm {i}", f"nhom {i}")).lastrowid
        db.executemany("INSERT INTO group_members VALUES (?, ?)",
                       [(group, u) for u in random.sample(users, 30)])
    rooms = [db.execute("INSERT INTO resources (name, kind, seats, sort) VALUES (?, 0, 30, ?)",
                        (f"Phòng họp {i}", f"phong hop {i:03}")).lastrowid for i in range(100)]
    return units, users, rooms


def times(i, starts):
    if i < 20:
        return "FREQ=DAILY", [starts + k * DAY for k in range(3653)]
    if i < 520:
        return "FREQ=WEEKLY;COUNT=52", [starts + k * 7 * DAY for k in range(52)]
    return "", [starts]


def meeting(db, i, now, units, users, rooms):
    day = now // DAY * DAY + random.randint(-180, 180) * DAY
    starts = day + random.randint(0, 9) * HOUR
    length = HOUR if i % 50 else 3 * DAY
    people = random.sample(users, 500 if i == 600 else 12)
    title = f"{random.choice(ABOUT)} số {i}"
    rule, all_times = times(i, starts)
    room = db.execute("INSERT INTO rooms (code, title, created_at) VALUES (?, ?, ?)",
                      (f"bench-{i}", title, now)).lastrowid
    m = db.execute(
        "INSERT INTO meetings (room_id, uid, title, starts_at, ends_at, time_zone, created_at, changed_at,"
        " rrule, organizer_id, chair_id, unit_id, search, sent_at, draft, template)"
        " VALUES (?, ?, ?, ?, ?, 'Asia/Ho_Chi_Minh', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (room, f"{i}@bench", title, starts, starts + length, now, now, rule, users[i % 5000], people[0],
         units[i % 200], fold(f"{title} bench-{i}"), now, int(i % 20 == 7), int(i % 200 == 9))).lastrowid
    db.executemany("INSERT INTO occurrences (meeting_id, stamp, starts_at, ends_at) VALUES (?, ?, ?, ?)",
                   [(m, t, t, t + length) for t in all_times])
    db.executemany(
        "INSERT INTO invitees (meeting_id, position, kind, ref, role, nonce, token_hash)"
        " VALUES (?, ?, 0, ?, ?, randomblob(16), randomblob(32))",
        [(m, k, u, 0 if k == 0 else 2) for k, u in enumerate(people)])
    db.executemany("INSERT OR IGNORE INTO meeting_people VALUES (?, ?, 1)", [(u, m) for u in people])
    db.execute("INSERT OR IGNORE INTO meeting_people VALUES (?, ?, 0)", (users[i % 5000], m))
    if i % 3 == 0:
        db.execute("INSERT INTO meeting_resources VALUES (?, ?)", (random.choice(rooms), m))


def main():
    random.seed(6)
    db = sqlite3.connect(sys.argv[1])
    now = int(sys.argv[2]) * 10**6
    units, users, rooms = accounts(db, now)
    for i in range(10000):
        meeting(db, i, now, units, users, rooms)
    db.commit()
    print(db.execute("SELECT count(*) FROM occurrences").fetchone()[0])


main()

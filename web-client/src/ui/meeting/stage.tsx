// The picture area: a grid, or a stage with a strip beside it.

import { useEffect, useRef } from 'preact/hooks';
import { t } from '../../state/i18n';
import type { Room } from '../../state/room';
import { tileOf } from '../../state/tiles';
import { toast } from '../../state/toasts';
import { Button, IconButton } from '../parts/button';
import { Tile } from './tile';

export function Stage({ room }: { room: Room }) {
  const area = useRef<HTMLDivElement>(null);
  const { layout } = room;
  useEffect(() => {
    const element = area.current;
    if (!element) return;
    const measure = (): void => layout.setArea(element.clientWidth, element.clientHeight);
    measure();
    layout.flush();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [layout]);

  useSwipe(area, (by) => layout.turnPage(by));
  const { main, strip } = layout.shown.value;
  const you = room.roster.you.value;
  const alone = room.roster.people.value.size <= 1;
  return (
    <section class="stage" aria-label={t.value.meeting.tiles}>
      <div class="stage-area" ref={area}>
        {main ? (
          <div class={`with-main ${layout.stripSide.value}`}>
            <div class="main-tile">
              <Tile key={main.key} room={room} tile={main} place="main" />
            </div>
            {strip.length > 0 && (
              <div class="strip">
                {strip.map((tile) => (
                  <Tile key={tile.key} room={room} tile={tile} place="strip" />
                ))}
              </div>
            )}
          </div>
        ) : (
          <GridOf room={room} />
        )}
        {layout.selfFloats.value && main?.participant !== you && (
          <Tile room={room} tile={tileOf(you, 'camera')} place="floating" />
        )}
        {alone && <Alone room={room} />}
      </div>
      <Pager room={room} />
    </section>
  );
}

const swipeLeast = 48;

/** On a touch screen: to the left is the next page. */
function useSwipe(area: { current: HTMLElement | null }, turn: (by: 1 | -1) => void): void {
  useEffect(() => {
    const element = area.current;
    if (!element) return;
    let from: { x: number; y: number } | null = null;
    const start = (event: TouchEvent): void => {
      const touch = event.touches.length === 1 ? event.touches[0] : undefined;
      from = touch ? { x: touch.clientX, y: touch.clientY } : null;
    };
    const end = (event: TouchEvent): void => {
      const touch = event.changedTouches[0];
      if (!from || !touch) return;
      const [dx, dy] = [touch.clientX - from.x, touch.clientY - from.y];
      from = null;
      if (Math.abs(dx) < swipeLeast || Math.abs(dx) < 2 * Math.abs(dy)) return;
      turn(dx < 0 ? 1 : -1);
    };
    element.addEventListener('touchstart', start, { passive: true });
    element.addEventListener('touchend', end, { passive: true });
    return () => {
      element.removeEventListener('touchstart', start);
      element.removeEventListener('touchend', end);
    };
  }, []);
}

function GridOf({ room }: { room: Room }) {
  const { layout } = room;
  const { columns, width, height } = layout.grid.value;
  const grid = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const style = grid.current?.style;
    style?.setProperty('--columns', String(columns));
    style?.setProperty('--tile-width', `${width}px`);
    style?.setProperty('--tile-height', `${height}px`);
  }, [columns, width, height]);
  return (
    <div class="tile-grid" ref={grid}>
      {layout.shown.value.strip.map((tile) => (
        <Tile key={tile.key} room={room} tile={tile} place="grid" />
      ))}
    </div>
  );
}

function Pager({ room }: { room: Room }) {
  const { page, pages } = room.layout.shown.value;
  const { meeting } = t.value;
  if (pages <= 1) return null;
  return (
    <nav class="pager" aria-label={meeting.page(page + 1, pages)}>
      <IconButton
        icon="left"
        size="small"
        label={meeting.previousPage}
        tip="none"
        disabled={page === 0}
        testId="previous-page"
        onClick={() => room.layout.setPage(page - 1)}
      />
      <span role="status" aria-label={meeting.page(page + 1, pages)} data-testid="page">
        {page + 1} / {pages}
      </span>
      <IconButton
        icon="right"
        size="small"
        label={meeting.nextPage}
        tip="none"
        disabled={page === pages - 1}
        testId="next-page"
        onClick={() => room.layout.setPage(page + 1)}
      />
    </nav>
  );
}

function Alone({ room }: { room: Room }) {
  const { meeting, common } = t.value;
  return (
    <aside class="alone">
      <h2>{meeting.alone}</h2>
      <p>{meeting.aloneHint}</p>
      <p class="code">{linkOf(room).replace(/^https?:\/\//, '')}</p>
      <Button icon="link" kind="primary" onClick={() => void copyLink(room)}>
        {common.copyLink}
      </Button>
    </aside>
  );
}

export function linkOf(room: Room): string {
  return `${location.origin}/m/${room.code}`;
}

export async function copyLink(room: Room): Promise<void> {
  await copyText(linkOf(room));
}

export async function copyText(text: string, done = t.value.common.linkCopied): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(done, 'good');
  } catch {
    // No clipboard over plain HTTP: show it, to be copied by hand.
    toast(text, 'info', { ms: 15_000 });
  }
}

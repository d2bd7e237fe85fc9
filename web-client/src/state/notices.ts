// The server's notifications: into the roster and the chat, and into what people are told.

import type { Participant, ServerEvent } from '../protocol/messages';
import { t } from './i18n';
import type { Room } from './room';
import { announce, Gatherer, toast } from './toasts';

/** In larger meetings comings and goings are only read out, not shown. */
const fewPeople = 12;

export class Notices {
  #room: Room;
  #joined: Gatherer;
  #left: Gatherer;

  constructor(room: Room) {
    this.#room = room;
    this.#joined = new Gatherer((first, more) =>
      this.#tell(more ? t.value.meeting.joinedMany(first, more) : t.value.meeting.joined(first)),
    );
    this.#left = new Gatherer((first, more) =>
      this.#tell(more ? t.value.meeting.leftMany(first, more) : t.value.meeting.left(first)),
    );
  }

  take(event: ServerEvent): void {
    const room = this.#room;
    switch (event.event) {
      case 'participant.joined':
        room.roster.add(event.data.participant);
        this.#joined.add(event.data.participant.name);
        break;
      case 'participant.changed':
        this.#changed(room.roster.change(event.data.participant));
        break;
      case 'participant.left': {
        const person = room.roster.remove(event.data.participant);
        if (person) this.#left.add(person.name);
        break;
      }
      case 'slots':
        room.roster.slots.value = event.data.slots;
        break;
      case 'speaking':
        room.roster.setSpoken(
          event.data.speakers.map(({ participant }) => participant),
          event.data.dominant,
        );
        break;
      case 'voices':
        room.roster.voices.value = event.data.voices;
        break;
      case 'voice':
        room.noteVoice(event.data.participant, event.data.verdict);
        break;
      case 'demand':
        room.call.demand(event.data.source, event.data.top);
        break;
      case 'codec':
        room.call.useCodec(event.data.source, event.data.codec);
        break;
      case 'line':
        room.notes.takeLine(event.data);
        break;
      case 'decision':
        room.notes.takeDecision(event.data);
        break;
      case 'chat':
        this.#chat(event.data);
        break;
      case 'muted':
        this.#muted(event.data.source, event.data.muted, event.data.by);
        break;
      case 'unmute_asked':
        this.#asked(event.data.by);
        break;
      case 'room.changed':
        this.#roomChanged(event.data.room);
        break;
      case 'media.path':
        room.path.value = event.data;
        break;
      case 'media.lost':
        void room.call.renew();
        break;
      case 'lobby':
        room.noteLobby(event.data.waiting);
        break;
      case 'room.ended':
      case 'opened':
      case 'waiting':
      case 'refused':
      case 'ice_servers':
      case 'stopping':
        // The session acts on these, or on the close that follows.
        break;
    }
  }

  dispose(): void {
    this.#joined.dispose();
    this.#left.dispose();
  }

  #tell(text: string): void {
    announce(text);
    if (this.#room.roster.people.value.size <= fewPeople) toast(text, 'info', { ms: 3_500 });
  }

  #by(id: string): string {
    return this.#room.roster.nameOf(id) || t.value.meeting.someone;
  }

  #changed(change: { before: Participant; after: Participant } | null): void {
    if (!change) return;
    const { before, after } = change;
    const isSelf = after.id === this.#room.roster.you.value;
    if (before.hand === null && after.hand !== null && !isSelf) {
      const text = t.value.meeting.raised(after.name);
      announce(text);
      toast(text);
    }
    if (!before.media.screen && after.media.screen && !isSelf)
      announce(t.value.meeting.shares(after.name));
    this.#roles(before, after, isSelf);
    if (isSelf) this.#room.obeyMutes(after.muted);
  }

  /** Who leads is everybody's business, and one's own role one's own. */
  #roles(before: Participant, after: Participant, isSelf: boolean): void {
    const { meeting, roles } = t.value;
    let text = '';
    if (!before.acting && after.acting) text = isSelf ? meeting.youAct : meeting.acts(after.name);
    else if (before.acting && !after.acting) text = meeting.chairBack;
    else if (before.role !== after.role && isSelf) text = meeting.yourRole(roles[after.role]);
    else if (before.role !== after.role && after.role === 'chair')
      text = meeting.chairs(after.name);
    if (!text) return;
    announce(text);
    toast(text, 'info', { ms: 8_000 });
  }

  #roomChanged(change: Extract<ServerEvent, { event: 'room.changed' }>['data']['room']): void {
    const { room } = this.#room.roster;
    const before = room.value;
    if (!before) return;
    room.value = { ...before, ...change };
    const policy = change.audio?.policy;
    if (!policy || policy === before.audio.policy) return;
    const { policyMix, policyForward } = t.value.room;
    const text = policy === 'mix' ? policyMix : policyForward;
    toast(text);
    announce(text);
  }

  #chat(message: Extract<ServerEvent, { event: 'chat' }>['data']): void {
    const { chat, roster } = this.#room;
    chat.add(message);
    if (message.from === roster.you.value) return;
    const short = message.text.length > 120 ? `${message.text.slice(0, 120)}…` : message.text;
    const text = t.value.chat.from(message.name, short);
    announce(text);
    if (!chat.open.value) toast(text);
  }

  #muted(source: 'microphone' | 'camera' | 'screen', muted: boolean, by: string): void {
    if (!muted) {
      toast(t.value.meeting.allowedByChair, 'good');
      return;
    }
    const name = this.#by(by);
    const { meeting } = t.value;
    const text = {
      microphone: meeting.mutedByChair,
      camera: meeting.cameraByChair,
      screen: meeting.screenByChair,
    }[source](name);
    toast(text, 'warning', { ms: 8_000 });
    announce(text);
    const none = { microphone: false, camera: false, screen: false };
    this.#room.obeyMutes({ ...none, [source]: true });
  }

  #asked(by: string): void {
    if (this.#room.local.microphone.value.on) return;
    this.#room.asked.value = this.#by(by);
  }
}

// The event calendar (a package of its own, loaded with this tab only) as a component.

import {
  type Calendar,
  createCalendar,
  DayGrid,
  destroyCalendar,
  Interaction,
  ResourceTimeline,
  TimeGrid,
} from '@event-calendar/core';
import '@event-calendar/core/index.css';
import { useEffect, useRef } from 'preact/hooks';
import type { Occurrence, Resource } from '../../protocol/meetings';
import { isOver } from '../../state/schedule';
import { settings } from '../../state/settings';
import { sayDayOf, words } from '../../state/words';
import '../styles/calendar.css';

export type CalendarKind = 'day' | 'week' | 'month' | 'resources';

const views: Record<CalendarKind, string> = {
  day: 'timeGridDay',
  week: 'timeGridWeek',
  month: 'dayGridMonth',
  resources: 'resourceTimelineDay',
};

/** Meetings that use no resource have a row of their own. */
const noResource = 'none';

export interface CalendarViewProps {
  kind: CalendarKind;
  /** "2026-11-23" */
  date: string;
  meetings: readonly Occurrence[];
  resources: readonly Resource[];
  editable: boolean;
  onRange: (start: Date, end: Date) => void;
  onOpen: (of: Occurrence) => void;
  onFree: (start: Date, end: Date | null, resource: number | null) => void;
  onMove: (of: Occurrence, start: Date, end: Date, revert: () => void) => void;
}

function eventOf(of: Occurrence, editable: boolean): Calendar.EventInput {
  const ids = of.resources.map(String);
  return {
    id: `${of.id}/${of.occurrence ?? ''}`,
    start: new Date(of.starts_at),
    end: new Date(of.ends_at),
    allDay: of.all_day,
    title: of.title,
    editable: editable && !isOver(of.status),
    resourceIds: ids.length > 0 ? ids : [noResource],
    classNames: ['meeting-event', of.status, ...(of.conflict ? ['conflict'] : [])],
    extendedProps: { of },
  };
}

function resourcesOf(list: readonly Resource[]): Calendar.ResourceInput[] {
  return [
    ...list.map((one) => ({ id: String(one.id), title: one.name })),
    { id: noResource, title: words.value.calendar.noRoom },
  ];
}

/** The package hands back what was put in. */
const meetingOf = (event: Calendar.Event): Occurrence => event.extendedProps.of as Occurrence;

/** As text, never as HTML. What the place on the grid and the colour say is read out. */
function contentOf({ event, timeText }: Calendar.EventContentInfo): Calendar.Content {
  const { status, list } = words.value;
  const of = meetingOf(event);
  const part = (name: string, text: string): HTMLElement => {
    const node = document.createElement('div');
    node.className = name;
    node.textContent = text;
    return node;
  };
  const state = [status[of.status], of.conflict ? list.conflict : '', of.place];
  return {
    domNodes: [
      part('sr-only', sayDayOf(of.starts_at)),
      ...(event.allDay ? [] : [part('ec-event-time', timeText)]),
      part('ec-event-title', of.title),
      part('sr-only', state.filter(Boolean).join(', ')),
    ],
  };
}

const gridRoles = ['table', 'rowgroup', 'row', 'rowheader', 'columnheader', 'cell']
  .map((role) => `[role=${role}]`)
  .join();

/**
 * The package names parts of a table without being one: rows are missing, and the meetings lie
 * beside the cells. What is read out are the meetings, each with its day and time.
 */
function withoutGridRoles(place: HTMLElement): () => void {
  const strip = (): void => {
    for (const node of place.querySelectorAll(gridRoles)) {
      node.removeAttribute('role');
      node.removeAttribute('aria-colindex');
      node.removeAttribute('aria-colspan');
      node.removeAttribute('aria-label');
    }
  };
  const watch = new MutationObserver(strip);
  watch.observe(place, { childList: true, subtree: true });
  strip();
  return () => watch.disconnect();
}

const clock: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };

function optionsOf(latest: { current: CalendarViewProps }): Calendar.Options {
  const { calendar: text } = words.value;
  const { kind, date, editable, meetings, resources } = latest.current;
  return {
    view: views[kind],
    date,
    locale: settings.value.language === 'vi' ? 'vi' : 'en-GB',
    firstDay: 1,
    headerToolbar: { start: '', center: '', end: '' },
    height: '100%',
    nowIndicator: true,
    dayMaxEvents: true,
    eventTimeFormat: clock,
    slotLabelFormat: clock,
    scrollTime: '07:00:00',
    slotDuration: '00:30:00',
    slotHeight: 26,
    allDayContent: text.allDay,
    eventContent: contentOf,
    // A number would be wrong where the month got only a few of the day.
    moreLinkContent: () => words.value.list.more,
    dayHeaderFormat: { weekday: 'short', day: '2-digit', month: '2-digit' },
    views: {
      dayGridMonth: { dayHeaderFormat: { weekday: 'long' } },
      resourceTimelineDay: { slotDuration: '01:00:00', slotWidth: 64 },
    },
    buttonText: (all) => ({ ...all, close: words.value.calendar.close }),
    events: meetings.map((of) => eventOf(of, editable)),
    resources: resourcesOf(resources),
    editable,
    selectable: editable,
    longPressDelay: 500,
    datesSet: ({ start, end }) => latest.current.onRange(start, end),
    eventClick: ({ event }) => latest.current.onOpen(meetingOf(event)),
    dateClick: ({ date: start, resource }) =>
      latest.current.editable && latest.current.onFree(start, null, numberOf(resource)),
    select: ({ start, end, resource }) =>
      latest.current.onFree(start, end, numberOf(resource as Calendar.Resource | undefined)),
    eventDrop: ({ event, revert }) =>
      latest.current.onMove(meetingOf(event), event.start, event.end, revert),
    eventResize: ({ event, revert }) =>
      latest.current.onMove(meetingOf(event), event.start, event.end, revert),
  };
}

function numberOf(resource: Calendar.Resource | undefined): number | null {
  return resource && resource.id !== noResource ? Number(resource.id) : null;
}

export function CalendarView(props: CalendarViewProps) {
  const place = useRef<HTMLDivElement>(null);
  const made = useRef<Calendar | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const { language } = settings.value;
  useEffect(() => {
    if (!place.current) return;
    const calendar = createCalendar(
      place.current,
      [DayGrid, TimeGrid, ResourceTimeline, Interaction],
      optionsOf(latest),
    );
    made.current = calendar;
    const leave = withoutGridRoles(place.current);
    return () => {
      leave();
      made.current = null;
      void destroyCalendar(calendar);
    };
  }, [language]);
  useEffect(() => void made.current?.setOption('view', views[props.kind]), [props.kind]);
  useEffect(() => void made.current?.setOption('date', props.date), [props.date]);
  useEffect(
    () =>
      void made.current?.setOption(
        'events',
        props.meetings.map((of) => eventOf(of, props.editable)),
      ),
    [props.meetings, props.editable],
  );
  useEffect(
    () => void made.current?.setOption('resources', resourcesOf(props.resources)),
    [props.resources],
  );
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields
    <div
      ref={place}
      class={`calendar-place ${props.kind}`}
      role="group"
      aria-label={words.value.calendar.title}
      data-testid="calendar"
    />
  );
}

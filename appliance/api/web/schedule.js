// When a code or card opens: as a sentence, as a week that is drawn, and what that means now. By the station's clock.

import { make } from "./base/dom.js";
import { svg } from "./base/icons.js";
import { now, zone } from "./base/moments.js";
import { called } from "./base/people.js";
import { clock, day, listed, ownDay, t, weekday } from "./base/texts.js";

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

const OWN_TIME = /^[\d-]+T\d\d:\d\d$/; // of a new code: by the station's clock
const WEEK_MIN = 7 * 24 * 60;
const DAY_MIN = 24 * 60;

const minutes = (text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));

/** The days in a row: every day, one day after another, or their names. */
function days(names) {
  const numbers = DAYS.map((name, number) => number).filter((number) => names.includes(DAYS[number]));
  if (numbers.length === 7) return t("says.every_day");
  const [first, last] = [numbers[0], numbers[numbers.length - 1]];
  if (numbers.length > 2 && last - first + 1 === numbers.length) return t("says.from_day", { first: weekday(first), last: weekday(last) });
  return t("says.each_day", { days: listed(numbers.map((number) => weekday(number))) });
}

function hours({ begin, end }) {
  if (begin === "00:00" && end === "24:00") return t("says.whole_day");
  return t(minutes(end) <= minutes(begin) ? "says.over_night" : "says.hours", { begin, end });
}

/** What a code or card does, in words. */
export function sentence({ doors, schedule, uses, expires }) {
  const names = listed(doors.map((id) => called("door", id)));
  const when = schedule === null ? t(expires === null ? "says.always" : "says.until_then")
    : schedule.map((period) => `${days(period.days)} ${hours(period)}`).join("; ");
  const end = expires && (OWN_TIME.test(expires) ? ownDay(expires) : day(expires));
  const until = expires === null ? "" : `, ${t("says.until", { time: end })}`;
  const often = uses === null ? "" : ` ${t(uses === 1 ? "says.once" : "says.often", { uses })}`;
  return `${t("says", { doors: names, when })}${until}.${often}`;
}

/** Where a moment lies in the station's week, in minutes after Monday 0:00. */
function place(time) {
  const parts = new Intl.DateTimeFormat("en-GB", {
    weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...(zone() ? { timeZone: zone() } : {}),
  }).formatToParts(time);
  const of = (type) => parts.find((part) => part.type === type).value;
  return DAYS.indexOf(of("weekday").toLowerCase()) * DAY_MIN + Number(of("hour")) * 60 + Number(of("minute"));
}

/** The spans of the week in which a schedule opens, as pairs of minutes; one may reach past Sunday. */
function spans(schedule) {
  return schedule.flatMap(({ days: names, begin, end }) => names.map((name) => {
    const [from, to] = [minutes(begin), minutes(end)];
    const start = DAYS.indexOf(name) * DAY_MIN;
    return [start + from, start + (to > from ? to : to + DAY_MIN)];
  }));
}

/** Whether it opens now, or when it does again; as the kind of a chip, its icon, and its words. */
export function standing({ schedule, uses, expires }) {
  const [moment, left] = [now(), expires === null ? Infinity : Date.parse(expires) - now()];
  if (uses === 0) return ["wrong", "x", t("chip.used_up")];
  if (left <= 0) return ["wrong", "x", t("chip.ended", { time: day(expires) })];
  if (schedule !== null && Number.isFinite(moment)) {
    const at = place(moment);
    const waits = spans(schedule).map(([from, to]) => {
      const since = (at - from + WEEK_MIN) % WEEK_MIN;
      return since < to - from ? 0 : WEEK_MIN - since;
    });
    const wait = Math.min(...waits);
    if (wait > 0) {
      const next = (at + wait) % WEEK_MIN;
      const values = { day: weekday(Math.floor(next / DAY_MIN)), time: clock(next % DAY_MIN).padStart(5, "0") };
      return ["", "clock", t(next >= at && Math.floor(next / DAY_MIN) === Math.floor(at / DAY_MIN) ? "chip.today" : "chip.again", values)];
    }
  }
  const rest = Math.ceil(left / 86_400_000);
  if (rest < 8) return ["care", "clock", t(rest === 1 ? "chip.last_day" : "chip.days_left", { days: rest })];
  return ["good", "check", t("chip.now")];
}

const [WIDTH, LEFT, TOP, HEIGHT, STEP] = [336, 40, 6, 72, 42];

/** The week with the times of a schedule in it. */
export function week(schedule) {
  const bar = (number, from, to) => `M${LEFT + number * STEP} ${TOP + from / DAY_MIN * HEIGHT}h36v${(to - from) / DAY_MIN * HEIGHT}h-36z`;
  const on = spans(schedule).flatMap(([from, to]) => {
    const number = Math.floor(from / DAY_MIN);
    const [begin, end] = [from - number * DAY_MIN, to - number * DAY_MIN];
    return end <= DAY_MIN ? [bar(number, begin, end)] : [bar(number, begin, DAY_MIN), bar((number + 1) % 7, 0, end - DAY_MIN)];
  });
  const text = (x, y, what) => svg("text", { x, y }, what);
  const drawing = svg("svg", { class: "week", viewBox: `0 0 ${WIDTH} 100`, role: "img" },
    svg("path", { d: DAYS.map((_, number) => bar(number, 0, DAY_MIN)).join("") }), svg("path", { class: "on", d: on.join("") }),
    ...[0, 12, 24].map((hour) => text(2, TOP + 8 + hour / 24 * 64, String(hour).padStart(2, "0"))),
    ...DAYS.map((_, number) => text(LEFT + 8 + number * STEP, 96, weekday(number, "narrow"))));
  drawing.setAttribute("aria-label", t("says.week", { when: schedule.map((each) => `${days(each.days)} ${hours(each)}`).join("; ") }));
  return make("div", {}, drawing);
}

/** What a user of the types writes. It is compiled, never run: a mistake must not compile. */

import type {
  Accounting,
  Answer,
  Asked,
  Failure,
  ReportName,
  Taken,
  TrackFlowBody,
  TrackFlowEvent,
} from "../src/index.js";

const server = "http://localhost:8000";

export async function send(events: TrackFlowEvent[]): Promise<Taken> {
  const body: TrackFlowBody = { events };
  const answer = await fetch(`${server}/v1/events`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok && answer.status !== 422) {
    const { error } = (await answer.json()) as Failure;
    throw new Error(`${error.code}: ${error.message}`);
  }
  return (await answer.json()) as Taken;
}

export async function ask<Name extends ReportName>(
  name: Name,
  asked: Asked<Name>,
): Promise<Answer<Name>> {
  const answer = await fetch(`${server}/api/v1/projects/default/reports/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(asked),
  });
  return (await answer.json()) as Answer<Name>;
}

export async function views(): Promise<number> {
  const { data, meta } = await ask("traffic", { since: "7d", by: ["pages"], bucket: "day" });
  const left: number = meta.left_out["bots"] ?? 0;
  return data.total.views + left + (data.pages?.[0]?.views ?? 0);
}

export const event: TrackFlowEvent = {
  eventId: "550e8400-e29b-41d4-a716-446655440000",
  eventType: "signup",
  timestamp: 1790000000000,
  sessionId: "s",
  pageUrl: "https://example.com/",
  properties: { plan: "free" },
};

export const total = (sums: Accounting): number =>
  sums.stored + sums.duplicate + sums.refused + sums.waiting + sums.expired + sums.erased;

// @ts-expect-error an event has an id
export const nameless: TrackFlowEvent = { eventType: "x", timestamp: 0, sessionId: "s", pageUrl: "p" };

// @ts-expect-error there is no such report
export const unknown: Asked<"weather"> = {};

// @ts-expect-error a report has no other parameters than its own
export const misspelt: Asked<"traffic"> = { sinse: "7d" };

// @ts-expect-error a section is one of a list, or texts with commas
export const section: Asked<"traffic"> = { by: ["weather"] };

export const wrong = (sums: Accounting): number =>
  // @ts-expect-error the accounting has no such class
  sums.lost;

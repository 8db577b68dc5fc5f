/**
 * The HTTP API of desirepath as types: names for what is in the generated `schema.ts`.
 *
 * There is no code here, so nothing is added to a bundle.
 */

import type { components, paths } from "./schema.js";

export type { components, operations, paths } from "./schema.js";

type Schemas = components["schemas"];

/** What `POST /v1/events` takes, and one event of it. */
export type TrackFlowBody = Schemas["TrackFlowBody"];
export type TrackFlowEvent = Schemas["TrackFlowEvent"];

/** What became of the events of one request. */
export type Taken = Schemas["Taken"];

/** The body of every error. */
export type Failure = Schemas["Failure"];

export type Accounting = Schemas["Accounting"];
export type Project = Schemas["Project"];
export type Key = Schemas["Key"];

/** Why a report's number is that number. */
export type Meta = Schemas["Meta"];

type Reports = "/api/v1/projects/{project}/reports/";

type NameIn<Path> = Path extends `${Reports}${infer Name}` ? Name : never;

/** The name of a report: `"traffic"`, `"events"`, ... */
export type ReportName = NameIn<keyof paths>;

type Route<Name extends ReportName> = paths[`${Reports}${Name}`]["post"];

/** What a report can be asked: `Asked<"traffic">`. */
export type Asked<Name extends ReportName> = Route<Name> extends {
  requestBody: { content: { "application/json": infer Body } };
}
  ? Body
  : never;

/** What a report answers: `Answer<"traffic">`, with `data` and `meta`. */
export type Answer<Name extends ReportName> = Route<Name> extends {
  responses: { 200: { content: { "application/json": infer Body } } };
}
  ? Body
  : never;

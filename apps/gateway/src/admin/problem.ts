import { AuthenticationError, ChannelError, RejectedError, TransientError } from "@wxgate/core";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";

/** RFC 9457. `code` is stable; `hint` says what the caller can do. */
export interface ProblemDocument {
  readonly type: "about:blank";
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly hint?: string;
  readonly platformCode?: number;
  /** What is wrong with the request, field by field. */
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad request",
  401: "Not signed in",
  403: "Forbidden",
  404: "Not found",
  405: "Method not allowed",
  409: "Conflict",
  413: "Too large",
  415: "Unsupported media type",
  422: "Refused",
  500: "Internal error",
  502: "The platform refuses the account",
  503: "Not now",
};

/** Thrown by routes; becomes a problem document. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string | undefined;
  readonly errors: ProblemDocument["errors"];

  constructor(
    status: number,
    code: string,
    detail: string,
    more: { hint?: string; errors?: ProblemDocument["errors"] } = {},
  ) {
    super(detail);
    this.name = "Problem";
    this.status = status;
    this.code = code;
    this.hint = more.hint;
    this.errors = more.errors;
  }
}

export function notFound(what: string): Problem {
  return new Problem(404, "not-found", `there is no ${what}`);
}

/** The answer to whatever a route threw; undefined for what must not be told and is logged instead. */
export function toProblem(error: unknown): ProblemDocument | undefined {
  if (error instanceof Problem) {
    const { status, code, message, hint, errors } = error;
    return problem(status, code, message, { ...(hint && { hint }), ...(errors && { errors }) });
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map(({ instancePath, message }) => ({
      path: instancePath.replace(/^\//, "").replaceAll("/", "."),
      message: message ?? "is wrong",
    }));
    return problem(400, "bad-request", "the request does not have the shape that is wanted", { errors });
  }
  if (error instanceof ChannelError) {
    const { code, message, hint, platformCode } = error;
    return problem(statusOf(error), code, message, {
      ...(hint && { hint }),
      ...(platformCode !== undefined && { platformCode }),
    });
  }
  return serverProblem(error as Partial<FastifyError>);
}

/** What the server itself refuses before any route is asked, in our words. */
function serverProblem({ statusCode, code }: Partial<FastifyError>): ProblemDocument | undefined {
  if (statusCode === undefined || statusCode < 400 || statusCode >= 500) return undefined;
  if (statusCode === 413) return problem(413, "too-large", "the body is larger than this server takes");
  if (statusCode === 415) return problem(415, "unsupported-media-type", "the body must be application/json");
  const detail = code === "FST_ERR_CTP_INVALID_JSON_BODY" ? "the body is not valid JSON" : "the request cannot be read";
  return problem(statusCode, "bad-request", detail);
}

export function sendProblem(reply: FastifyReply, document: ProblemDocument): FastifyReply {
  return reply.code(document.status).type("application/problem+json").send(JSON.stringify(document));
}

export function unknownPath(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return sendProblem(reply, problem(404, "not-found", `there is no ${request.method} ${request.url.split("?")[0]}`));
}

export function problem(
  status: number,
  code: string,
  detail: string,
  more: Partial<ProblemDocument> = {},
): ProblemDocument {
  return { type: "about:blank", title: TITLES[status] ?? "Error", status, detail, code, ...more };
}

function statusOf(error: ChannelError): number {
  if (error instanceof RejectedError) return 422;
  if (error instanceof AuthenticationError) return 502;
  return error instanceof TransientError ? 503 : 500;
}

// One way to talk to the JSON API: session cookie, CSRF token, one shape of error.

import { gettext } from "@cs/lib/text.js";

/** code: the API's word for it ("quote_mismatch", …) or "network", "signed_out", "server".
    retryable: the same request may succeed later; nothing was refused. */
export class ApiError extends Error {
  constructor(code, message, { status = 0, fields = {}, retryable = false } = {}) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.status = status;
    this.fields = fields;
    this.retryable = retryable;
  }
}

// A connection that has died without a word must not keep what waits behind it for ever.
const PATIENCE_MS = 20_000;

/** Sends JSON and gives back the parsed answer; throws ApiError, never anything else. */
export async function send(method, url, body) {
  return (await request(method, url, body)).answer;
}

/** Like send, with the entity tag of the answer; {answer: null, tag} when `tag` still holds. */
export async function request(method, url, body, { tag = null } = {}) {
  const headers = { Accept: "application/json", "X-CSRFToken": document.body.dataset.csrf ?? "" };
  if (tag) headers["If-None-Match"] = tag;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(url, {
      method,
      headers,
      credentials: "same-origin",
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE_MS),
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new ApiError("network", gettext("The server cannot be reached."), { retryable: true });
  }
  if (response.status === 304) return { answer: null, tag };
  if (response.type === "opaqueredirect" || response.status === 401) {
    throw new ApiError("signed_out", gettext("You are logged out. Log in again in another tab, then retry."), {
      status: response.status,
      retryable: true,
    });
  }
  const answer = await response.json().catch(() => null);
  if (response.ok && answer !== null) return { answer, tag: response.headers.get("ETag") };
  const error = answer?.error ?? {};
  if (error.code === "not_authenticated") {
    throw new ApiError("signed_out", gettext("You are logged out. Log in again in another tab, then retry."), {
      status: response.status,
      retryable: true,
    });
  }
  const retryable = response.status >= 500 || response.status === 429 || response.status === 408;
  throw new ApiError(
    error.code ?? "server",
    error.message ?? gettext("The server could not do this (status %(status)s).", { status: response.status }),
    { status: response.status, fields: error.fields ?? {}, retryable },
  );
}

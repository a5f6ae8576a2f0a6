// SPDX-License-Identifier: GPL-3.0-or-later
// Requests to the backend that served this page, with the token where there is one.

const KEY = "mien token";

/** The backend's answer is a refusal; the message is its sentence. */
export class Refused extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

/** Nobody answers. */
export class Unreachable extends Error {}

/** "tokenwanted" (detail: the sentence) after a 401, "unreachable" and "reachable" as they change. */
export const events = new EventTarget();
let reachable = true;

export const hasToken = () => Boolean(sessionStorage.getItem(KEY));

/** Take a token, or the line that has one after its `#token=`; an empty text drops it. */
export function setToken(text) {
  const match = /[#&]token=([^&\s]+)/.exec(text);
  const token = match ? decodeURIComponent(match[1]) : text.trim();
  if (token) sessionStorage.setItem(KEY, token);
  else sessionStorage.removeItem(KEY);
}

/** The token of an invitation that was opened as an address; it leaves the address at once. */
export function takeTokenOfAddress() {
  if (!/[#&]token=/.test(location.hash)) return;
  setToken(location.hash);
  history.replaceState(null, "", location.pathname);
}

/** The response to a request that went well, with the token of now. Throws Refused or Unreachable. */
export async function request(path, options = {}) {
  const token = sessionStorage.getItem(KEY);
  const headers = { ...options.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  let response;
  try {
    response = await fetch(path, { ...options, headers, credentials: "omit", redirect: "error" });
  } catch {
    note(false);
    throw new Unreachable("The backend does not answer. Start it, or wait until it is back.");
  }
  note(true);
  if (response.ok) return response;
  const sentence = await sentenceOf(response);
  // refused for a token that another has replaced meanwhile: asked again, or the dialog would open once more
  if (response.status === 401 && sessionStorage.getItem(KEY) !== token) return request(path, options);
  if (response.status === 401) events.dispatchEvent(new CustomEvent("tokenwanted", { detail: sentence }));
  throw new Refused(response.status, sentence);
}

export async function getJson(path) {
  return read(await request(path), "json");
}

export async function getBlob(path) {
  return read(await request(path), "blob");
}

export async function getBuffer(path) {
  return read(await request(path), "arrayBuffer");
}

export async function postForm(path, form) {
  return read(await request(path, { method: "POST", body: form }), "json");
}

/** Cancel a job that is not finished, forget one that is. One that is gone already is no fault. */
export async function remove(path) {
  try {
    await request(path, { method: "DELETE" });
  } catch (error) {
    if (error.status !== 404) throw error;
  }
}

async function read(response, kind) {
  try {
    return await response[kind]();
  } catch {
    note(false);
    throw new Unreachable("The backend went away in the middle of its answer. Try again.");
  }
}

async function sentenceOf(response) {
  try {
    return (await response.json()).detail || response.statusText;
  } catch {
    return `The backend answered ${response.status} ${response.statusText}.`;
  }
}

function note(now) {
  if (now === reachable) return;
  reachable = now;
  events.dispatchEvent(new Event(now ? "reachable" : "unreachable"));
}

// SPDX-License-Identifier: GPL-3.0-or-later
// The page: its views, put together.

import { events, getJson, takeTokenOfAddress } from "./backend.js";
import { Films } from "./films.js";
import { Machines } from "./machines.js";
import { byId, capitalized } from "./parts.js";
import { Queue } from "./queue.js";
import { Speak } from "./speak.js";
import { makeTabs } from "./tabs.js";
import { watchToken } from "./token_dialog.js";

const THEME = "mien theme";

takeTokenOfAddress();
const queue = new Queue(open);
const speak = new Speak(queue);
const films = Object.fromEntries(["dub", "portrait", "talk"].map((make) => [make, new Films(make, queue)]));
const machines = new Machines(() => !byId("panel-machines").hidden);
const tabs = makeTabs((name) => name === "machines" && machines.refresh());
watchToken(start);
watchTheme();

events.addEventListener("unreachable", () => {
  byId("outage").textContent = "The backend does not answer. This page asks again every second; what was accepted goes on once it is back.";
  byId("outage").hidden = false;
  byId("backend-state").textContent = "No answer";
});
events.addEventListener("reachable", () => {
  byId("outage").hidden = true;
  byId("outage").textContent = "";
  start();
});
start();

/** Ask what the backend has, and for its jobs. A 401 opens the dialog, which calls this again. */
async function start() {
  try {
    const [info, { faces }] = await Promise.all([getJson("/v1/info"), getJson("/page/faces")]);
    speak.offer(info, faces);
    for (const each of Object.values(films)) each.offer(info);
    byId("backend-state").textContent = `Version ${info.version} on ${info.device}`;
    if (!byId("panel-machines").hidden) machines.refresh();
  } catch (error) {
    byId("backend-state").textContent = error.status === 401 ? "A token is needed" : error.message;
  }
  await queue.refresh();
}

/** Show the result of a job. */
function open(job) {
  const view = job.make === "take" ? "speak" : job.make;
  tabs.select(view);
  if (job.make === "take") speak.show(job.id, true);
  else films[job.make].show(job);
  byId("main").focus();
}

/** Dark or light: as the system says, until the button was pressed. */
function watchTheme() {
  const button = byId("theme-button");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const theme = () => document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light");
  const draw = () => {
    button.setAttribute("aria-pressed", String(theme() === "dark"));
    button.textContent = capitalized("dark");
  };
  const kept = localStorage.getItem(THEME);
  if (kept) document.documentElement.dataset.theme = kept;
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = theme() === "dark" ? "light" : "dark";
    localStorage.setItem(THEME, document.documentElement.dataset.theme);
    draw();
  });
  system.addEventListener("change", draw);
  draw();
}

// SPDX-License-Identifier: GPL-3.0-or-later
// Machines, their memory and their disks.

import { getJson } from "./backend.js";
import { byId, capitalized, duration, element, size } from "./parts.js";

const EVERY_MS = 2000;

/** Asks for as long as `shown()` is true; call `refresh` when it becomes so. */
export class Machines {
  #timer = 0;

  constructor(shown) {
    this.shown = shown;
  }

  async refresh() {
    clearTimeout(this.#timer);
    if (!this.shown()) return;
    try {
      const { machines } = await getJson("/page/machines");
      byId("machine-list").replaceChildren(...machines.map(card));
    } catch (error) {
      if (error.status === undefined && !navigator.onLine) console.warn(error);
    }
    if (this.shown()) this.#timer = setTimeout(() => this.refresh(), EVERY_MS);
  }
}

function card(machine) {
  const facts = [
    machine.system, `${machine.cores} cores`, `works on ${machine.device}`, `Mien ${machine.version}`,
    `running for ${duration(machine.seconds)}`,
  ];
  const used = machine.memory_free === null ? null : machine.memory - machine.memory_free;
  const gauges = [
    gauge("Memory", used, machine.memory),
    gauge("Disk", machine.disk - machine.disk_free, machine.disk),
    gauge("Cache of Mien", machine.cache, machine.cache_limit),
    ...machine.devices.map((device) => gauge(`Memory of ${device.name}`, device.used, device.memory)),
  ];
  const cluster = machine.nodes.length ? [
    element("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": `Cluster of ${machine.name}` },
      nodes(machine.nodes)),
  ] : [];
  return element("article", { className: "card" },
    element("h3", { textContent: machine.name }),
    element("p", { className: "quiet", textContent: facts.join(" · ") }),
    element("div", { className: "gauges" }, ...gauges),
    element("p", { textContent: `The server takes ${size(machine.server)} of memory.` }),
    element("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": `Jobs of ${machine.name}` }, table(machine)),
    ...cluster);
}

/** The machines of the Ray cluster that the work is done on. */
function nodes(machines) {
  const heads = ["Machine of the cluster", "State", "CPUs", "GPUs", "Memory"];
  const rows = machines.map((node) => [
    node.alive ? "works" : "lost", node.alive ? node.cpus : "", node.alive ? node.gpus : "", node.alive ? size(node.memory) : "",
  ].map((text) => element("td", { textContent: text })));
  return element("table", {},
    element("thead", {}, element("tr", {}, ...heads.map((text) => element("th", { scope: "col", textContent: text })))),
    element("tbody", {}, ...rows.map((cells, i) =>
      element("tr", {}, element("th", { scope: "row", textContent: `${machines[i].name} (${machines[i].address})` }), ...cells))));
}

function gauge(name, used, all) {
  const text = used === null ? `${size(all)} in all` : `${size(used)} of ${size(all)} used`;
  const parts = [element("p", { textContent: `${name}: ${text}` })];
  if (used !== null && all) parts.push(element("meter", { max: all, value: used, high: 0.9 * all, "aria-label": name }));
  return element("div", {}, ...parts);
}

function table(machine) {
  const heads = ["Jobs of all clients", "Waiting", "Being made", "Done", "Failed", "Cancelled", "Memory of its process"];
  const rows = machine.kinds.map((kind) => [
    kind.queued, kind.running, kind.ended.done, kind.ended.failed, kind.ended.cancelled,
    kind.worker === null ? "asleep" : size(kind.worker),
  ].map((text) => element("td", { textContent: text })));
  return element("table", {},
    element("thead", {}, element("tr", {}, ...heads.map((text) => element("th", { scope: "col", textContent: text })))),
    element("tbody", {}, ...rows.map((cells, i) =>
      element("tr", {}, element("th", { scope: "row", textContent: capitalized(`${machine.kinds[i].kind}s`) }), ...cells))));
}

// The explorer: filters, the list in pages, and the same by person and by asset. Its state stands behind the # of the address.

const PAGE = 50;
const ALL = CONTENT.findings;
const CHOICES = {
  severity: { name: "Severity", of: (row) => [SEVERITIES[severityOf(row)]] },
  verdict: { name: "Verdict", of: (row) => [verdictOf(row), ...(isOpen(row) ? ["open"] : []), ...(isKnown(row) ? ["known"] : [])] },
  control: { name: "Control", of: (row) => [controlOf(row).code] },
  system: { name: "System", of: (row) => [text(row, "system")] },
  owner: { name: "Owner", of: (row) => [text(row, "owner")] },
};
const GROUPS = {
  person: { each: "person or principal", of: (row) => texts(row, "people") },
  asset: { each: "asset or resource", of: (row) => texts(row, "assets") },
};
const FILTERS = { ...CHOICES, ...GROUPS };
const VIEWS = { findings: "Findings", person: "People", asset: "Assets" };
const SAID = { open: "not told (undecided, unknown)", known: "known gap" };
const TITLES = Object.fromEntries(CONTENT.controls.map((control) => [control.code, `${control.code} ${control.title}`]));

let state = { view: "findings", page: 0, q: "" };
const parts = {};

function matches(row, but = "") {
  for (const [key, filter] of Object.entries(FILTERS)) {
    if (key !== but && state[key] && !filter.of(row).includes(state[key])) return false;
  }
  return state.q.toLowerCase().split(/\s+/).every((word) => word === "" || searchable(row).includes(word));
}

// All values of a filter with their counts, the worst or the most frequent first.
function values(key) {
  const counts = new Map();
  for (const row of ALL) for (const value of FILTERS[key].of(row)) if (value) counts.set(value, (counts.get(value) ?? 0) + 1);
  const order = key === "severity" ? (value) => -SEVERITIES.indexOf(value) : () => 0;
  return [...counts].sort((a, b) => order(a[0]) - order(b[0]) || (a[0] < b[0] ? -1 : 1));
}

function select(key) {
  const options = values(key).map(([value, count]) =>
    make("option", { value }, `${TITLES[value] ?? SAID[value] ?? value} (${count.toLocaleString("en")})`));
  const element = make("select", { id: `filter-${key}` }, make("option", { value: "" }, "any"), ...options);
  element.addEventListener("change", () => changeTo({ [key]: element.value }));
  parts[key] = element;
  return make("div", { class: "field" }, make("label", { for: `filter-${key}` }, CHOICES[key].name), element);
}

function search() {
  const element = make("input", { id: "search", type: "search", autocomplete: "off", spellcheck: "false", "aria-describedby": "search-how" });
  let waiting = 0;
  element.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => changeTo({ q: element.value }), 120);
  });
  parts.q = element;
  const how = make("span", { id: "search-how", class: "how" }, "press / to come here");
  return make("div", { class: "field field-search" }, make("label", { for: "search" }, "Search"), element, how);
}

function views() {
  const buttons = Object.entries(VIEWS).map(([view, name]) => {
    const button = make("button", { type: "button", "aria-pressed": "false" }, name);
    button.addEventListener("click", () => changeTo({ view }));
    parts[`view-${view}`] = button;
    return button;
  });
  return make("div", { class: "views", role: "group", "aria-label": "View" }, ...buttons);
}

function pager() {
  const button = (name, step) => {
    const element = make("button", { type: "button" }, name);
    element.addEventListener("click", () => {
      changeTo({ page: state.page + step });
      parts.list.scrollIntoView({ block: "start" });
    });
    return element;
  };
  parts.back = button("Previous page", -1);
  parts.next = button("Next page", 1);
  parts.where = make("span", {});
  parts.pager = make("nav", { class: "pager", "aria-label": "Pages" }, parts.back, parts.where, parts.next);
  return parts.pager;
}

function build() {
  parts.count = make("p", { class: "count", role: "status", "aria-live": "polite", "aria-atomic": "true" });
  parts.clear = make("button", { type: "button", class: "clear" }, "Clear filters");
  parts.clear.addEventListener("click", () => {
    state = { view: state.view, page: 0, q: "" };
    shown();
    parts.q.focus();
  });
  parts.chosen = make("div", { class: "chosen" });
  parts.list = make("div", { class: "list" });
  const form = make("form", { role: "search", class: "filters", "aria-label": "Filters" }, search(), ...Object.keys(CHOICES).map(select));
  form.addEventListener("submit", (event) => event.preventDefault());
  const head = make("div", { class: "head" }, views(), parts.count, parts.clear);
  document.getElementById("explorer").append(form, head, parts.chosen, parts.list, pager());
}

function changeTo(changes) {
  state = { ...state, page: 0, f: "", ...changes };
  shown();
}

// Groups of the rows that match, those with the worst first.
function grouped(rows) {
  const groups = new Map();
  for (const row of rows) {
    for (const name of GROUPS[state.view].of(row)) {
      if (!groups.has(name)) groups.set(name, { name, counts: [0, 0, 0, 0, 0], open: 0 });
      const group = groups.get(name);
      group.counts[severityOf(row)]++;
      if (isOpen(row)) group.open++;
    }
  }
  const worse = (a, b) => [4, 3, 2, 1].reduce((found, severity) => found || b.counts[severity] - a.counts[severity], 0);
  return [...groups.values()].sort((a, b) => worse(a, b) || (a.name < b.name ? -1 : 1));
}

function groupRow(group) {
  const name = make("button", { type: "button" }, group.name);
  const key = state.view;
  name.addEventListener("click", () => {
    changeTo({ [key]: group.name, view: "findings" });
    parts["view-findings"].focus();
  });
  const numbers = [4, 3, 2, 1].map((severity) => group.counts[severity]).concat(group.open);
  const cells = numbers.map((number) => make("td", { class: number ? "number" : "number none" }, number.toLocaleString("en")));
  return make("tr", {}, make("th", { scope: "row" }, name), ...cells);
}

function groupTable(groups) {
  const heads = [GROUPS[state.view].each, "critical", "high", "medium", "low", "not told"].map((name) => make("th", { scope: "col" }, name));
  const table = make("table", { class: "groups" }, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...groups.map(groupRow)));
  return make("div", { class: "wide", tabindex: 0, role: "region", "aria-label": VIEWS[state.view] }, table);
}

function listed(found, entries) {
  if (!entries.length) return make("p", { class: "nothing" }, ALL.length ? "Nothing matches." : "No findings.");
  if (state.view !== "findings") return groupTable(entries);
  return make("ol", { class: "findings" }, ...entries.map((row) => entry(row, idOf(row) === state.f)));
}

function shown() {
  const found = ALL.filter((row) => matches(row));
  const entries = state.view === "findings" ? found : grouped(found);
  const pages = Math.max(1, Math.ceil(entries.length / PAGE));
  if (state.f) state.page = Math.max(0, Math.floor(found.findIndex((row) => idOf(row) === state.f) / PAGE));
  state.page = Math.min(Math.max(0, state.page), pages - 1);
  parts.list.replaceChildren(listed(found, entries.slice(state.page * PAGE, (state.page + 1) * PAGE)));
  const of = found.length === ALL.length ? counted(ALL.length, "finding") : `${found.length.toLocaleString("en")} of ${counted(ALL.length, "finding")}`;
  const groups = state.view === "findings" ? "" : `, ${VIEWS[state.view].toLowerCase()}: ${entries.length.toLocaleString("en")}`;
  const place = `page ${state.page + 1} of ${pages}`;
  parts.count.textContent = `${of}${groups}${pages > 1 ? `, ${place}` : ""}`;
  parts.where.textContent = place;
  parts.pager.hidden = pages === 1;
  // Not the attribute: a button that loses the focus by being disabled throws a keyboard back to the top.
  parts.back.setAttribute("aria-disabled", String(state.page === 0));
  parts.next.setAttribute("aria-disabled", String(state.page === pages - 1));
  controlled();
}

function controlled() {
  for (const key of Object.keys(CHOICES)) {
    parts[key].value = state[key] ?? "";
    parts[key].classList.toggle("set", Boolean(state[key]));
  }
  if (parts.q !== document.activeElement) parts.q.value = state.q;
  for (const view of Object.keys(VIEWS)) parts[`view-${view}`].setAttribute("aria-pressed", String(view === state.view));
  const chosen = Object.keys(GROUPS).filter((key) => state[key]);
  parts.chosen.replaceChildren(...chosen.map((key) => {
    const button = make("button", { type: "button", "aria-label": `Show not only ${state[key]}` }, state[key], make("span", { "aria-hidden": "true" }, "×"));
    button.addEventListener("click", () => changeTo({ [key]: "" }));
    return button;
  }));
  parts.clear.hidden = !state.q && !state.f && !Object.keys(FILTERS).some((key) => state[key]);
  const kept = Object.entries(state).filter(([key, value]) => value && !(key === "view" && value === "findings"));
  const hash = new URLSearchParams(kept.map(([key, value]) => [key, String(value)])).toString();
  history.replaceState(null, "", hash ? `#${hash}` : location.href.split("#")[0]);
}

// Of an address, whoever wrote it: only what this page has words for, and values only ever compared.
function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  const read = { view: Object.hasOwn(VIEWS, given.get("view")) ? given.get("view") : "findings", page: Number.parseInt(given.get("page"), 10) || 0, q: given.get("q") ?? "" };
  for (const key of [...Object.keys(FILTERS), "f"]) if (given.get(key)) read[key] = given.get(key);
  return read;
}

function followed() {
  if (!location.hash.includes("=")) return;
  state = readAddress();
  shown();
  const target = state.f ? document.querySelector(`[aria-controls="finding-${CSS.escape(state.f)}"]`) : document.getElementById("findings-title");
  target?.scrollIntoView();
  (state.f ? target : document.getElementById("findings"))?.focus({ preventScroll: true });
}

function pressed(event) {
  const typing = ["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName);
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    parts.q.focus();
  }
  const buttons = [...parts.list.querySelectorAll("h3 button")];
  const at = buttons.indexOf(event.target);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (at >= 0 && step && buttons[at + step]) {
    event.preventDefault();
    buttons[at + step].focus();
  }
}

build();
if (location.hash.includes("=")) followed();
else shown();
addEventListener("hashchange", followed);
addEventListener("keydown", pressed);

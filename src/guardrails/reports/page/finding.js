// One finding: a line that opens.

function level(severity) {
  return make("span", { class: `level level-${SEVERITIES[severity]}`, "aria-hidden": "true" });
}

function marks(row) {
  const told = [];
  if (isOpen(row)) told.push(make("span", { class: "mark mark-open" }, verdictOf(row)));
  if (row[COLUMN.overdue]) told.push(make("span", { class: "mark" }, "overdue"));
  if (isKnown(row)) told.push(make("span", { class: "mark" }, `known gap ${text(row, "exception")}`));
  return told;
}

function meta(row) {
  const control = controlOf(row);
  const told = [SEVERITIES[severityOf(row)], `${control.code} ${control.title}`, text(row, "owner"), text(row, "system")];
  return make("p", { class: "meta" }, ...marks(row), ...told.filter((one) => one !== "").map((one) => make("span", {}, one)));
}

function entry(row, opened) {
  const id = `finding-${idOf(row)}`;
  const button = make("button", { type: "button", "aria-expanded": "false", "aria-controls": id }, text(row, "message"));
  const details = make("div", { id, class: "details", hidden: true });
  const item = make("li", { class: `finding severity-${SEVERITIES[severityOf(row)]}` }, level(severityOf(row)), make("h3", {}, button), meta(row), details);
  const show = (open) => {
    button.setAttribute("aria-expanded", String(open));
    if (open && !details.firstChild) details.append(...told(row));
    details.hidden = !open;
  };
  button.addEventListener("click", () => show(button.getAttribute("aria-expanded") !== "true"));
  if (opened) show(true);
  return item;
}

function part(title, ...children) {
  return make("section", {}, make("h4", {}, title), ...children);
}

function told(row) {
  const control = controlOf(row);
  const parts = [part("What to do", make("p", { class: "remedy" }, `${text(row, "remedy")}.`.replace(/\.\.$/, ".")))];
  if (row[COLUMN.why].length) {
    const holder = make("div", { class: "graph-holder" });
    drawnIn(holder, row);
    parts.push(part("Why", holder));
  }
  const excess = texts(row, "excess");
  if (excess.length) parts.push(part("More than declared", make("ul", { class: "excess" }, ...excess.map((one) => make("li", {}, make("code", {}, one))))));
  const changes = row[COLUMN.narrowed].map((numbers) => change(numbers.map((number) => TEXTS[number])));
  if (changes.length) parts.push(part("The policy that would do", ...changes));
  parts.push(part("Facts", facts(row)), part(`About ${control.code}`, make("p", {}, control.why)));
  return parts;
}

function facts(row) {
  const control = controlOf(row);
  const own = make("a", { href: `#f=${idOf(row)}` }, idOf(row));
  const known = [
    ["verdict", verdictOf(row) + (isKnown(row) ? `, a known gap (${text(row, "exception")})` : "")],
    ["subject", text(row, "subject")],
    ["at", text(row, "actual")],
    ["places", texts(row, "places").join(", ")],
    ["declared", text(row, "declared_at")],
    ["owner", text(row, "owner")],
    ["managed by", text(row, "managed_by")],
    ["exception", isKnown(row) ? "" : text(row, "exception")],
    ["used", text(row, "used")],
    ["first seen", text(row, "first_seen")],
    ["policy", `${control.clause}; ISO/IEC 27001:2022 ${control.iso}`],
    ["id", own],
  ];
  return make("dl", {}, ...known.filter(([, value]) => value !== "").flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
}

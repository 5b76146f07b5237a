// What the page knows, and elements made of it. Text becomes text and nothing else: no name is ever parsed as markup, and the policy of the page refuses it.

const CONTENT = JSON.parse(document.getElementById("content").textContent);

// A number says how much of the text before the next one begins with.
const TEXTS = [];
for (let i = 0; i < CONTENT.texts.length; i++) {
  const shared = typeof CONTENT.texts[i] === "number" ? CONTENT.texts[i++] : 0;
  TEXTS.push((shared ? TEXTS.at(-1).slice(0, shared) : "") + CONTENT.texts[i]);
}

const COLUMN = Object.fromEntries(CONTENT.columns.map((name, index) => [name, index]));
const SEVERITIES = ["", "low", "medium", "high", "critical"];
const SVG = "http://www.w3.org/2000/svg";

const text = (row, column) => TEXTS[row[COLUMN[column]]];
const texts = (row, column) => row[COLUMN[column]].map((number) => TEXTS[number]);
const idOf = (row) => row[COLUMN.id];
const controlOf = (row) => CONTENT.controls[row[COLUMN.control]];
const severityOf = (row) => row[COLUMN.severity];
const verdictOf = (row) => CONTENT.verdicts[row[COLUMN.verdict]];
const isKnown = (row) => row[COLUMN.known] === 1;
const isOpen = (row) => verdictOf(row) === "undecided" || verdictOf(row) === "unknown";

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
}

function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

function draw(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function counted(number, word) {
  return `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;
}

// Lower case, all that a search looks in; made when the first search asks for it.
const searched = new Map();
function searchable(row) {
  let found = searched.get(row);
  if (found === undefined) {
    const control = controlOf(row);
    const single = ["message", "subject", "owner", "managed_by", "declared_at", "actual", "system", "exception"];
    const several = [...texts(row, "people"), ...texts(row, "assets"), ...row[COLUMN.why].flatMap(([, labels]) => labels.map((n) => TEXTS[n]))];
    found = [idOf(row), control.code, control.title, ...single.map((name) => text(row, name)), ...several].join("\n").toLowerCase();
    searched.set(row, found);
  }
  return found;
}

// What a policy says and would say, line by line.

const MOST_CELLS = 1000000;

// The order in which people write an AWS policy, so that an order that nobody chose is no difference.
const ORDER = [
  "Version", "Id", "Statement", "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
];

function ordered(name, value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  const place = (key) => (ORDER.indexOf(key) + ORDER.length + 1) % (ORDER.length + 1);
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => place(a) - place(b) || (a < b ? -1 : 1)));
}

function pretty(document) {
  try {
    return JSON.stringify(JSON.parse(document), ordered, 2).split("\n");
  } catch {
    return document.split("\n"); // not every system writes its policies as JSON
  }
}

// Whether two lines say the same: what stands behind the last entry of a list is a comma more or less.
const same = (one, other) => one.replace(/,$/, "") === other.replace(/,$/, "");

// The longest common lines; without them where both are too long to compare.
function compared(before, after) {
  if (before.length * after.length > MOST_CELLS) {
    return [...before.map((line) => ["del", line]), ...after.map((line) => ["ins", line])];
  }
  const common = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      common[i][j] = same(before[i], after[j]) ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
    }
  }
  const told = [];
  let i = 0, j = 0;
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && same(before[i], after[j])) {
      told.push(["span", after[j++]]);
      i++;
    } else if (j >= after.length || (i < before.length && common[i + 1][j] >= common[i][j + 1])) {
      told.push(["del", before[i++]]);
    } else {
      told.push(["ins", after[j++]]);
    }
  }
  return told;
}

function change([policy, before, after, note]) {
  const told = after === "" ? [] : before === "" ? pretty(after).map((line) => ["span", line]) : compared(pretty(before), pretty(after));
  const lines = told.map(([tag, line]) => make(tag, {}, `${line}\n`));
  return make("div", { class: "change" },
    make("h5", {}, make("code", {}, policy)),
    note && make("p", { class: "note" }, note),
    lines.length ? make("pre", { tabindex: 0, role: "region", "aria-label": `What ${policy} would say` }, make("code", {}, ...lines)) : null);
}

// What a policy says and would say, line by line.

const MOST_CELLS = 1000000;

function pretty(document) {
  try {
    return JSON.stringify(JSON.parse(document), null, 2).split("\n");
  } catch {
    return document.split("\n"); // not every system writes its policies as JSON
  }
}

// The longest common lines; without them where both are too long to compare.
function compared(before, after) {
  if (before.length * after.length > MOST_CELLS) {
    return [...before.map((line) => ["del", line]), ...after.map((line) => ["ins", line])];
  }
  const common = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      common[i][j] = before[i] === after[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
    }
  }
  const told = [];
  let i = 0, j = 0;
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      told.push(["span", before[i++]]);
      j++;
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

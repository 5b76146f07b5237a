// The chain behind a finding as a graph: layers from left to right, or downwards where there is no room.

const CHAR = 7.3, LINE = 16, PAD = 10, CAPTION = 16, GAP = 36, MOST_LABELS = 6, MOST_LINES = 8;

function wrapped(label, most) {
  const lines = [];
  let line = "";
  for (const part of label.match(/[^/:.,\s@*-]*[/:.,\s@*-]?/g)) {
    for (const piece of part.match(new RegExp(`.{1,${most}}`, "gu")) ?? []) {
      if (line.length + piece.length > most) {
        lines.push(line);
        line = "";
      }
      line += piece;
    }
  }
  lines.push(line);
  const kept = lines.filter((one) => one !== "");
  return kept.length > MOST_LINES ? [...kept.slice(0, MOST_LINES - 1), "…"] : kept;
}

// Several beside several would say that each hangs together with each, and nothing tells that: they stand in one box.
function namedLayers(row) {
  const layers = row[COLUMN.why].map(([name, labels]) => {
    const all = labels.map((number) => TEXTS[number]);
    const rest = all.length - MOST_LABELS;
    return { name: TEXTS[name], all, shown: rest > 0 ? [...all.slice(0, MOST_LABELS), `and ${rest} more`] : all };
  });
  let several = false;
  for (const layer of layers) {
    layer.nodes = several && layer.shown.length > 1 ? [layer.shown] : layer.shown.map((label) => [label]);
    several = layer.nodes.length > 1;
  }
  return layers;
}

// The same chain for who does not see the picture.
function inWords(layers) {
  return layers.map((layer) => `${layer.name} ${layer.all.join(" and ")}`).join(", ");
}

function boxes(layers, width, across) {
  const wide = across ? (width - GAP * (layers.length - 1)) / layers.length : width;
  let top = 0;
  return layers.map((layer, depth) => {
    const indent = across ? 0 : Math.min(depth * 14, 70);
    const x = across ? depth * (wide + GAP) : indent;
    let y = across ? 0 : top;
    const nodes = layer.nodes.map((labels) => {
      const most = Math.max(8, Math.floor((wide - indent - 2 * PAD) / CHAR));
      const lines = labels.flatMap((label) => wrapped(label, most));
      const node = { layer, lines, label: labels.join("\n"), x, y, wide: wide - indent, high: lines.length * LINE + 2 * PAD + CAPTION };
      y += node.high + 12;
      return node;
    });
    top = y + 10;
    return nodes;
  });
}

function centred(columns) {
  const high = Math.max(...columns.map((nodes) => nodes.at(-1).y + nodes.at(-1).high));
  for (const nodes of columns) {
    const shift = (high - (nodes.at(-1).y + nodes.at(-1).high)) / 2;
    for (const node of nodes) node.y += shift;
  }
}

function edge(from, to, across) {
  if (!across) {
    const x = from.x + 6, y = to.y + to.high / 2;
    return draw("path", { class: "edge", d: `M${x} ${from.y + from.high}V${y}H${to.x - 1}`, "marker-end": "url(#arrow)" });
  }
  const x1 = from.x + from.wide, y1 = from.y + from.high / 2, x2 = to.x - 2, y2 = to.y + to.high / 2, middle = (x1 + x2) / 2;
  return draw("path", { class: "edge", d: `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`, "marker-end": "url(#arrow)" });
}

function box(node) {
  const lines = node.lines.map((line, index) =>
    draw("text", { class: "label", x: node.x + PAD, y: node.y + PAD + CAPTION + 11 + index * LINE }, line));
  return draw("g", { class: `node node-${node.layer.name.replaceAll(" ", "-")}` },
    draw("title", {}, node.label),
    draw("rect", { x: node.x + 0.5, y: node.y + 0.5, width: node.wide - 1, height: node.high - 1, rx: 4 }),
    draw("text", { class: "caption", x: node.x + PAD, y: node.y + PAD + 9 }, node.layer.name), ...lines);
}

function graph(row, width) {
  const layers = namedLayers(row);
  const across = (width - GAP * (layers.length - 1)) / layers.length >= 128;
  const columns = boxes(layers, width, across);
  if (across) centred(columns);
  const nodes = columns.flat();
  const high = Math.max(...nodes.map((node) => node.y + node.high));
  const edges = columns.slice(1).flatMap((to, index) => columns[index].flatMap((from) => to.map((one) => edge(from, one, across))));
  const marker = draw("marker", { id: "arrow", viewBox: "0 0 6 6", refX: 5, refY: 3, markerWidth: 6, markerHeight: 6, orient: "auto" },
    draw("path", { class: "arrow", d: "M0 0L6 3L0 6Z" }));
  return draw("svg", { class: "graph", role: "img", "aria-label": inWords(layers), width, height: high, viewBox: `0 0 ${width} ${high}` },
    draw("defs", {}, marker), ...edges, ...nodes.map(box));
}

// Drawn for the width that there is, and again when it changes.
function drawnIn(holder, row) {
  const redraw = () => holder.replaceChildren(graph(row, Math.max(240, Math.floor(holder.clientWidth))));
  let last = 0;
  new ResizeObserver(() => {
    if (holder.clientWidth && holder.clientWidth !== last) {
      last = holder.clientWidth;
      redraw();
    }
  }).observe(holder);
}

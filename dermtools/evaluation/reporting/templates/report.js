"use strict";
(() => {
  const state = { arm: at("arm").value, kind: "wrong", truth: null, answer: null, shown: PAGE };
  const arm = () => data.arms.find(one => one.name === state.arm);

  // Confusion matrix
  function ordered(labels, counts) {
    const total = row => counts[row].reduce((sum, count) => sum + count, 0);
    const answered = column => counts.reduce((sum, row) => sum + row[column], 0);
    const rows = labels.map((_, row) => row).filter(row => total(row) || answered(row));
    const recall = row => total(row) ? counts[row][row] / total(row) : 2;
    const by = {
      count: (a, b) => total(b) - total(a) || a - b,
      recall: (a, b) => recall(a) - recall(b) || total(b) - total(a),
      name: (a, b) => labels[a].localeCompare(labels[b]),
    };
    return rows.sort(by[at("order").value]);
  }
  function drawMatrix() {
    const box = at("matrix");
    box.replaceChildren();
    if (!arm().confusion) return;
    const { labels, counts } = arm().confusion, order = ordered(labels, counts), share = at("unit").value === "share";
    const columns = [...order, labels.length];
    const table = make("table", null, { class: "matrix" });
    table.style.setProperty("--cell", at("zoom").value + "px");
    const head = table.createTHead().insertRow();
    head.append(make("td"));
    for (const column of columns) {
      const cell = make("th", null, { scope: "col" });
      cell.append(make("span", labels[column] ?? NONE));
      head.append(cell);
    }
    const body = table.createTBody();
    for (const row of order) {
      const total = counts[row].reduce((sum, count) => sum + count, 0);
      const line = body.insertRow();
      line.append(make("th", `${labels[row]} (${total})`, { scope: "row" }));
      for (const column of columns) {
        const cell = line.insertCell(), count = counts[row][column];
        if (!count) continue;
        const said = `${labels[row]} answered as ${labels[column] ?? NONE}: ${count} of ${total}`;
        const button = make("button", share ? Math.round(100 * count / total) : count, { title: said, "aria-label": said });
        const heat = count / total;
        button.style.setProperty("--heat", heat.toFixed(3));
        button.style.setProperty("--cell-color", row === column ? "var(--right)" : "var(--wrong)");
        if (heat > 0.6) button.className = "hot";
        button.onclick = () => choosePair(labels[row], labels[column] ?? null);
        cell.append(button);
      }
    }
    box.append(table);
  }

  // Cases
  function choosePair(truth, answer) {
    Object.assign(state, { kind: "all", truth, answer, shown: PAGE });
    drawAnswers();
    at("cases").scrollIntoView({ behavior: "smooth", block: "start" });
  }
  function chosen() {
    const kinds = {
      wrong: one => !one.right && one.label !== null, right: one => one.right, none: one => one.label === null, all: () => true,
    };
    return Object.entries(arm().answers).filter(([, one]) =>
      kinds[state.kind](one) && (state.truth === null || (one.truth === state.truth && one.label === state.answer)));
  }
  function drawAnswers() {
    const found = chosen(), box = at("answers");
    for (const button of at("filters").querySelectorAll("[data-kind]"))
      button.setAttribute("aria-pressed", button.dataset.kind === state.kind);
    at("pair").hidden = state.truth === null;
    at("pair").textContent = `${state.truth} answered as ${state.answer ?? NONE}  ✕`;
    at("pair").setAttribute("aria-label", "Show all pairs again");
    at("count").textContent = `${found.length} ${found.length === 1 ? "case" : "cases"}`;
    box.replaceChildren(...found.slice(0, state.shown).map(([id, one]) => answerCard(id, one)));
    at("more").hidden = found.length <= state.shown;
  }
  // Map
  const SVG = "http://www.w3.org/2000/svg", WIDTH = 1000, HEIGHT = 640, EDGE = 22;
  function mark(kind, x, y) {
    const shape = document.createElementNS(SVG, kind === "wrong" ? "path" : "circle");
    if (kind === "wrong") shape.setAttribute("d", `M${x - 5} ${y - 5}L${x + 5} ${y + 5}M${x - 5} ${y + 5}L${x + 5} ${y - 5}`);
    else for (const [name, value] of [["cx", x], ["cy", y], ["r", kind === "right" ? 6 : 4]]) shape.setAttribute(name, value);
    return shape;
  }
  function drawMap() {
    if (!at("plane")) return;
    const svg = document.createElementNS(SVG, "svg"), lit = at("highlight").value, answers = arm().answers;
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", "Map of the case base");
    const places = Object.entries(data.map.places).sort(([a], [b]) => (a in answers) - (b in answers));
    for (const [id, [px, py]] of places) {
      const x = EDGE + px * (WIDTH - 2 * EDGE), y = HEIGHT - EDGE - py * (HEIGHT - 2 * EDGE), one = answers[id];
      const kind = one ? (one.right ? "right" : "wrong") : "other", shape = mark(kind, x, y);
      const classes = [one ? "is-" + kind : "other"];
      if (lit) classes.push(data.cases[id]?.truth.includes(lit) ? "lit" : "faded");
      shape.setAttribute("class", classes.join(" "));
      shape.dataset.case = id;
      svg.append(shape);
    }
    at("plane").replaceChildren(svg);
  }
  function showTip(event) {
    const target = event.target.closest("[data-case]"), tip = at("tip");
    tip.hidden = !target;
    if (!target) return;
    const id = target.dataset.case, known = data.cases[id], one = arm().answers[id];
    tip.replaceChildren(...(data.pictures[id] ? [picture(id)] : []), make("b", known.truth.join(", ") || "not labelled"));
    if (one) tip.append(make("div", `answered ${one.label ?? "nothing, " + one.outcome}`, { class: one.right ? "right" : "wrong" }));
    tip.append(make("div", `${id}, ${known.split ?? "no split"}`, { class: "id" }));
    const box = tip.getBoundingClientRect();
    tip.style.left = Math.max(4, Math.min(event.clientX + 14, innerWidth - box.width - 8)) + "px";
    tip.style.top = Math.max(4, Math.min(event.clientY + 14, innerHeight - box.height - 8)) + "px";
  }

  function drawArm() {
    for (const part of document.querySelectorAll("[data-arm]")) part.hidden = part.dataset.arm !== state.arm;
    drawMatrix();
    drawAnswers();
    drawMap();
  }

  for (const part of document.querySelectorAll(".needs-script")) part.hidden = false;
  at("closer").hidden = false;
  if (at("plane")) {
    at("map-method").textContent = data.map.method;
    for (const label of data.labels) at("highlight").append(make("option", label, { value: label }));
    at("highlight").onchange = drawMap;
    at("plane").addEventListener("pointermove", showTip);
    at("plane").addEventListener("pointerdown", showTip);
    at("plane").addEventListener("pointerleave", () => { at("tip").hidden = true; });
  }
  const size = Math.max(1, data.labels.length + 1);
  at("zoom").value = Math.max(14, Math.min(44, Math.floor((at("matrix").clientWidth - 130) / size)));
  at("arm").onchange = () => { Object.assign(state, { arm: at("arm").value, truth: null, answer: null, shown: PAGE }); drawArm(); };
  at("order").onchange = at("unit").onchange = at("zoom").oninput = drawMatrix;
  for (const button of at("filters").querySelectorAll("[data-kind]"))
    button.onclick = () => { Object.assign(state, { kind: button.dataset.kind, truth: null, answer: null, shown: PAGE }); drawAnswers(); };
  at("pair").onclick = () => { Object.assign(state, { truth: null, answer: null, shown: PAGE }); drawAnswers(); };
  at("more").onclick = () => { state.shown += 3 * PAGE; drawAnswers(); };
  if (!chosen().length) state.kind = "all";
  drawArm();
})();

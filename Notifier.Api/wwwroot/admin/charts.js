// Five minutes of figures of all instances together, a point a second.

const points = 300;
const count = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const shown = value => value == null ? "–" : count.format(value);

const charts = [
  { name: "streams", title: "Streams open", series: [["streams"]] },
  { name: "events", title: "Events a second", series: [["published"]] },
  { name: "deliveries", title: "Deliveries a second", series: [["delivered"]] },
  { name: "lag", title: "Delivery lag, ms", series: [["lagP50Ms", "p50"], ["lagP99Ms", "p99"]] },
  { name: "returns", title: "Reconnects and gaps a second", series: [["reconnects", "reconnects"], ["gaps", "gaps"]] },
  { name: "memory", title: "Memory, MiB", series: [["memoryMiB"]] },
];
const gauges = ["streams", "users", "rooms", "memoryMiB"];
const counters = ["published", "delivered", "gaps", "reconnects"];
const colors = ["--accent", "--second"];

/** Draws into `place`, and takes what each instance's `stats` say. */
export class Charts {
  #times = [];
  #rows = [];
  #latest = new Map();
  #reported = new Set();
  #drawn;

  constructor(place) {
    this.#drawn = charts.map(chart => this.#draw(chart, place));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#drawn.forEach(chart => chart.recolor()));
  }

  get instances() { return [...this.#latest.keys()]; }

  /** Totals since each instance's start, and what is there now, of all together. */
  total(name) { return [...this.#latest.values()].reduce((sum, { stats }) => sum + stats[name], 0); }

  add(stats) {
    stats.memoryMiB = stats.memoryBytes / (1 << 20);
    const at = Date.parse(stats.at) / 1000;
    const before = this.#latest.get(stats.instance);
    const seconds = before ? at - before.at : 0;
    const rates = Object.fromEntries(counters.map(name => [name, seconds > 0 ? (stats[name] - before.stats[name]) / seconds : null]));
    this.#latest.set(stats.instance, { at, stats, rates });
    for (const [instance, { at: last }] of this.#latest) if (at - last > 5) this.#latest.delete(instance);

    // A point holds one report of each instance; the next report of any of them begins the next point.
    if (this.#rows.length === 0 || this.#reported.has(stats.instance)) {
      this.#reported.clear();
      this.#times.push(Math.max(at, (this.#times.at(-1) ?? 0) + 0.001));
      this.#rows.push({});
      if (this.#rows.length > points) this.#times.shift(), this.#rows.shift();
    }

    this.#reported.add(stats.instance);
    this.#rows[this.#rows.length - 1] = this.#combine();
    for (const chart of this.#drawn) chart.show(this.#times, this.#rows);
  }

  #combine() {
    const all = [...this.#latest.values()];
    const sum = values => values.every(value => value == null) ? null : values.reduce((total, value) => total + (value ?? 0), 0);
    const row = {};
    for (const name of gauges) row[name] = sum(all.map(({ stats }) => stats[name]));
    for (const name of counters) row[name] = sum(all.map(({ rates }) => rates[name]));
    for (const name of ["lagP50Ms", "lagP99Ms"]) {
      const known = all.map(({ stats }) => stats[name]).filter(value => value != null);
      row[name] = known.length ? Math.max(...known) : null;
    }

    return row;
  }

  #draw({ name, title, series }, place) {
    const figure = document.createElement("figure");
    figure.dataset.chart = name;
    const caption = document.createElement("figcaption");
    caption.append(title);
    const value = document.createElement("output");
    caption.append(value);
    const plot = document.createElement("div");
    plot.className = "plot";
    plot.setAttribute("aria-hidden", "true");
    figure.append(caption, plot);
    place.append(figure);

    const color = variable => resolve(variable, figure);
    const axis = () => ({ stroke: () => color("--quiet"), grid: { stroke: () => color("--line"), width: 1 }, ticks: { show: false }, font: "11px system-ui, sans-serif" });
    const chart = new uPlot({
      width: 300, height: 144, legend: { show: false }, cursor: { show: false }, padding: [8, 8, 0, 0],
      scales: { y: { range: (_, min, max) => [0, max > 0 ? max * 1.1 : 1] } },
      axes: [{ ...axis(), values: (_, ticks) => ticks.map(tick => new Date(tick * 1000).toLocaleTimeString("en-GB")), space: 90, size: 28 },
        { ...axis(), size: 52, values: (_, ticks) => ticks.map(tick => count.format(tick)) }],
      series: [{}, ...series.map((_, i) => ({ stroke: () => color(colors[i]), width: 2, spanGaps: false, points: { size: 4, fill: () => color(colors[i]) } }))],
    }, [[], ...series.map(() => [])], plot);
    new ResizeObserver(([{ contentRect }]) => chart.setSize({ width: Math.max(120, contentRect.width), height: 144 })).observe(plot);
    figure.chart = chart;

    return {
      show(times, rows) {
        chart.setData([times, ...series.map(([member]) => rows.map(row => row[member]))]);
        value.replaceChildren(...series.flatMap(([member, label], i) => {
          const current = shown(rows.at(-1)[member]);
          if (!label) return [current];
          const mark = document.createElement("i");
          if (i > 0) mark.className = "second";
          return [mark, `${label} ${current}`];
        }));
      },
      recolor: () => chart.redraw(),
    };
  }
}

// A canvas takes no light-dark(): the browser works it out on an element.
function resolve(variable, element) {
  const probe = document.createElement("span");
  probe.style.color = `var(${variable})`;
  element.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
}

// A bar chart as SVG: one panel a workload, one bar a server, user and system time on top of each other.

const PANEL_WIDTH = 460;
const COLUMNS = 2;
const LABEL_WIDTH = 84;
const VALUE_WIDTH = 70;
const BAR_HEIGHT = 14;
const ROW_HEIGHT = 19;
const TITLE_HEIGHT = 30;
const GAP = 24;
const HEADER_HEIGHT = 52;

const COLOURS = { ink: '#1b1f24', user: '#2f6f9f', system: '#9cc3dd', ownUser: '#b3541e', ownSystem: '#e6b08f' };

/**
 * @typedef {object} Bar
 * @property {string} label
 * @property {number} user
 * @property {number} system
 * @property {boolean} isOwn drawn in another colour
 */

/**
 * @param {string} title
 * @param {readonly { title: string, bars: readonly Bar[] }[]} panels each with a scale of its own
 */
export function drawChart(title, panels) {
  const panelHeight = TITLE_HEIGHT + ROW_HEIGHT * Math.max(...panels.map(({ bars }) => bars.length));
  const width = COLUMNS * (PANEL_WIDTH + GAP) + GAP;
  const height = HEADER_HEIGHT + Math.ceil(panels.length / COLUMNS) * (panelHeight + GAP);
  const drawn = panels.map((panel, index) => {
    const x = GAP + (index % COLUMNS) * (PANEL_WIDTH + GAP);
    const y = HEADER_HEIGHT + Math.floor(index / COLUMNS) * (panelHeight + GAP);
    return `<g transform="translate(${x} ${y})">\n${drawPanel(panel)}\n</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="system-ui, sans-serif" font-size="12" fill="${COLOURS.ink}">
<title>${escapeText(title)}</title>
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="${GAP}" y="24" font-size="16" font-weight="600">${escapeText(title)}</text>
<text x="${GAP}" y="42">dark: user time, light: system time; less is better</text>
${drawn.join('\n')}
</svg>
`;
}

function drawPanel({ title, bars }) {
  const scale = (PANEL_WIDTH - LABEL_WIDTH - VALUE_WIDTH) / Math.max(...bars.map(({ user, system }) => user + system));
  const rows = bars.map(({ label, user, system, isOwn }, index) => {
    const y = TITLE_HEIGHT + index * ROW_HEIGHT;
    const userWidth = round(user * scale);
    const systemWidth = round(system * scale);
    const textY = y + BAR_HEIGHT - 3;
    return [
      `<text x="${LABEL_WIDTH - 6}" y="${textY}" text-anchor="end"${isOwn ? ' font-weight="600"' : ''}>${escapeText(label)}</text>`,
      bar(LABEL_WIDTH, y, userWidth, isOwn ? COLOURS.ownUser : COLOURS.user),
      bar(LABEL_WIDTH + userWidth, y, systemWidth, isOwn ? COLOURS.ownSystem : COLOURS.system),
      `<text x="${round(LABEL_WIDTH + userWidth + systemWidth + 5)}" y="${textY}">${(user + system).toFixed(1)} µs</text>`,
    ].join('\n');
  });
  return [`<text y="18" font-weight="600">${escapeText(title)}</text>`, ...rows].join('\n');
}

function bar(x, y, width, colour) {
  return `<rect x="${round(x)}" y="${y}" width="${width}" height="${BAR_HEIGHT}" fill="${colour}"/>`;
}

function round(number) {
  return Math.round(number * 10) / 10;
}

function escapeText(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

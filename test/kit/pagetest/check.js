(() => {
  const findings = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    findings.push(`scrolls sideways: ${root.scrollWidth} px in a window of ${root.clientWidth} px`);
  }
  const parse = (text) => {
    const n = text.match(/[\d.]+/g).map(Number);
    return { r: n[0], g: n[1], b: n[2], a: n.length > 3 ? n[3] : 1 };
  };
  const over = (top, under) => ({
    r: top.r * top.a + under.r * (1 - top.a),
    g: top.g * top.a + under.g * (1 - top.a),
    b: top.b * top.a + under.b * (1 - top.a),
    a: 1,
  });
  const canvas = matchMedia('(prefers-color-scheme: dark)').matches &&
    getComputedStyle(root).colorScheme.includes('dark') ? { r: 18, g: 18, b: 18, a: 1 } : { r: 255, g: 255, b: 255, a: 1 };
  const background = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) layers.push(parse(getComputedStyle(e).backgroundColor));
    return layers.reverse().reduce((under, top) => over(top, under), canvas);
  };
  const luminance = ({ r, g, b }) => {
    const part = (v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const contrast = (a, b) => {
    const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (light + 0.05) / (dark + 0.05);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.textContent.trim();
    const element = node.parentElement;
    if (!text || !element.checkVisibility() || ['STYLE', 'SCRIPT'].includes(element.tagName)) continue;
    const style = getComputedStyle(element);
    const behind = background(element);
    const ratio = contrast(over(parse(style.color), behind), behind);
    if (ratio < 4.5) findings.push(`contrast ${ratio.toFixed(2)}: ${text.slice(0, 40)}`);
    const size = parseFloat(style.fontSize);
    if (size < 14) findings.push(`text of ${size} px: ${text.slice(0, 40)}`);
  }
  for (const image of document.images) {
    if (!image.hasAttribute('alt')) findings.push(`image without alt: ${image.outerHTML.slice(0, 60)}`);
  }
  for (const button of document.querySelectorAll('.btn, button')) {
    const { height } = button.getBoundingClientRect();
    if (height < 44) findings.push(`button of ${height} px: ${button.textContent.trim().slice(0, 40)}`);
  }
  for (const link of document.querySelectorAll('a.act, summary')) { // WCAG 2.2, 2.5.8
    const { height, width } = link.getBoundingClientRect();
    if (link.checkVisibility() && (height < 24 || width < 24)) findings.push(`target of ${width} x ${height} px: ${link.textContent.trim().slice(0, 40)}`);
  }
  return findings;
})()

// Draws one dashboard into the page: each panel by Grafana's component of its type, or by one
// of ours for the types that Grafana keeps to itself.
import React, {useLayoutEffect, useState} from 'react';
import {createRoot} from 'react-dom/client';
import {applyFieldOverrides, createTheme, dateTime, getFieldDisplayValues, ThemeContext, ui} from './grafana.js';
import {loaded, propertiesOf, registry, transform} from '../fields.js';
import {frames} from '../frames.js';
import {Heatmap, Lines, Pie, Radial, StatusHistory} from './plain.jsx';

const {BarGauge, BigValue, GlobalStyles, PanelChrome, Table, TimeSeries} = ui;
const {dashboard, answers, from, to, note} = window.DRAWN;
const theme = createTheme({colors: {mode: 'dark'}});
const timeRange = {from: dateTime(from), to: dateTime(to), raw: {from: dateTime(from), to: dateTime(to)}};
const CELL = 30, GAP = 8, WIDTH = 1600;

const byPalette = ['timeseries', 'piechart', 'logs'];

// prepared is what a panel is given: frames after transformations, with field settings.
async function prepared(panel) {
  const mine = new Map(answers.filter((a) => a.panel === panel.title && a.data).map((a) => [a.refId, a.data]));
  const empty = panel.targets.every((t) => !mine.get(t.refId)?.result?.length);
  const fieldConfig = loaded(panel.fieldConfig);
  fieldConfig.defaults.color ??= {mode: byPalette.includes(panel.type) ? 'palette-classic' : 'thresholds'}; // as the panel's plugin does
  const raw = panel.targets.some((t) => mine.get(t.refId)?.result?.length || t.format !== 'table') ? frames({...panel, targets: panel.targets.filter((t) => mine.get(t.refId)?.result?.length)}, mine) : [];
  const data = applyFieldOverrides({
    data: await transform(panel.transformations ?? [], raw), fieldConfig, theme, timeZone: 'utc', replaceVariables: (v) => v,
    fieldConfigRegistry: registry([...new Set([...propertiesOf(panel), 'color'])]),
  });
  return {panel, fieldConfig, data, empty, noLoki: answers.some((a) => a.panel === panel.title && a.leftOut)};
}

function Nothing({fieldConfig, noLoki}) {
  return <div className="nothing">{noLoki ? 'left out: no Loki here' : fieldConfig.defaults.noValue ?? 'No data'}</div>;
}

// display are the values of a panel that shows one for each series.
const display = ({panel, fieldConfig, data, empty}) => getFieldDisplayValues({
  fieldConfig, theme, data: empty ? [] : data, replaceVariables: (v) => v, timeZone: 'utc', sparkline: panel.options?.graphMode === 'area',
  reduceOptions: {calcs: ['lastNotNull'], values: false, ...panel.options?.reduceOptions},
});

function Stat(p) {
  const values = display(p);
  const across = p.panel.options?.orientation !== 'horizontal';
  const w = across ? p.width / values.length : p.width;
  const h = across ? p.height : p.height / values.length;
  return <div style={{display: 'flex', flexDirection: across ? 'row' : 'column'}}>{values.map((v, i) => (
    <BigValue key={i} width={w - 4} height={h - 2} theme={theme} colorMode={p.panel.options?.colorMode ?? 'value'} graphMode={p.panel.options?.graphMode ?? 'area'}
      textMode={p.panel.options?.textMode ?? 'auto'} justifyMode="auto" text={p.panel.options?.text} value={v.display} sparkline={v.sparkline} count={values.length} />
  ))}</div>;
}

function Bars(p) {
  const values = display(p);
  const {orientation = 'horizontal', displayMode = 'gradient', namePlacement = 'auto'} = p.panel.options ?? {};
  const across = orientation === 'vertical';
  const align = values.reduce((a, v) => ({title: (v.display.title ?? '').length > a.title.length ? v.display.title : a.title, text: longer(a.text, v.display)}), {title: '', text: ''});
  const h = Math.min(60, p.height / values.length);
  return <div>{values.map((v, i) => (
    <BarGauge key={i} theme={theme} width={across ? p.width / values.length : p.width} height={across ? p.height : h - 4} orientation={orientation} displayMode={displayMode}
      namePlacement={namePlacement} value={v.display} field={v.field} display={v.view?.getFieldDisplayProcessor(v.colIndex)} text={p.panel.options?.text ?? {}} alignmentFactors={align}
      lcdCellWidth={12} itemSpacing={8} showUnfilled valueDisplayMode="color" />
  ))}</div>;
}
const longer = (text, d) => { const s = `${d.prefix ?? ''}${d.text}${d.suffix ?? ''}`; return s.length > text.length ? s : text; };

function Gauges(p) {
  const values = display(p);
  return <div style={{display: 'flex'}}>{values.map((v, i) => <Radial key={i} width={p.width / values.length} height={p.height} value={v.display} field={v.field} />)}</div>;
}

function Graph(p) {
  if (p.empty) return <Nothing {...p} />;
  const {displayMode = 'list', placement = 'bottom', calcs = [], showLegend = true} = p.panel.options?.legend ?? {};
  return <TimeSeries frames={p.data} timeRange={timeRange} timeZone="utc" width={p.width} height={p.height} legend={{displayMode, placement, calcs, showLegend}} options={{}} tweakAxis={(a) => a} tweakScale={(s) => s}>{() => null}</TimeSeries>;
}

function Rows(p) {
  if (p.empty || !p.data.length) return <Nothing {...p} />;
  return <Table data={p.data[0]} width={p.width} height={p.height} cellHeight={p.panel.options?.cellHeight ?? 'sm'} initialSortBy={p.panel.options?.sortBy} timeRange={timeRange} />;
}

const components = {
  stat: Stat, bargauge: Bars, gauge: Gauges, timeseries: Graph, table: Rows,
  'status-history': StatusHistory, heatmap: Heatmap, piechart: Pie, logs: Lines,
};

function Panel({p}) {
  const {panel} = p;
  const {x, y, w, h} = panel.gridPos;
  const unit = (WIDTH - GAP) / 24;
  const box = {position: 'absolute', left: GAP + x * unit, top: 56 + y * (CELL + GAP), width: w * unit - GAP, height: h * (CELL + GAP) - GAP};
  const Of = components[panel.type];
  return <div style={box}>
    <PanelChrome title={panel.title} description={panel.description} width={box.width} height={box.height}>
      {(width, height) => (p.empty && ['status-history', 'heatmap', 'piechart', 'logs'].includes(panel.type)
        ? <Nothing {...p} /> : <Of {...p} width={width} height={height} theme={theme} from={from} to={to} />)}
    </PanelChrome>
  </div>;
}

class Guard extends React.Component {
  state = {};
  static getDerivedStateFromError(error) { return {error}; }
  componentDidCatch(error) { console.error(`not drawn: ${error}`); }
  render() { return this.state.error ? <div className="failed">{String(this.state.error.stack)}</div> : this.props.children; }
}

function Page({panels}) {
  const bottom = Math.max(...panels.map(({panel: {gridPos}}) => gridPos.y + gridPos.h));
  useLayoutEffect(() => { setTimeout(() => { document.title = `drawn ${bottom}`; }, 300); }, []);
  return <ThemeContext.Provider value={theme}>
    <GlobalStyles />
    <div style={{width: WIDTH, height: 56 + bottom * (CELL + GAP) + GAP, position: 'relative', background: theme.colors.background.canvas}}>
      <h1>{dashboard.title}<small>{note}</small></h1>
      {panels.map((p) => <Guard key={p.panel.id}><Panel p={p} /></Guard>)}
    </div>
  </ThemeContext.Provider>;
}

const panels = await Promise.all(dashboard.panels.map(prepared));
createRoot(document.getElementById('root')).render(<Page panels={panels} />);

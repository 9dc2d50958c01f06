// What a dashboard's JSON may say, made of Grafana's own types: check.js writes each
// dashboard, and each of its panels, as a literal of one of the types below.
import type * as grafana from '@grafana/schema';
import type * as bargauge from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type * as gauge from '@grafana/schema/dist/esm/raw/composable/gauge/panelcfg/x/GaugePanelCfg_types.gen';
import type * as heatmap from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';
import type * as logs from '@grafana/schema/dist/esm/raw/composable/logs/panelcfg/x/LogsPanelCfg_types.gen';
import type * as piechart from '@grafana/schema/dist/esm/raw/composable/piechart/panelcfg/x/PieChartPanelCfg_types.gen';
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as statushistory from '@grafana/schema/dist/esm/raw/composable/statushistory/panelcfg/x/StatusHistoryPanelCfg_types.gen';
import type * as table from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type * as timeseries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

type None = Record<never, never>;

// Panel types: what their options and their fields' custom part are.
interface Plugins {
  bargauge: {options: bargauge.Options; custom: None};
  gauge: {options: gauge.Options; custom: None};
  heatmap: {options: heatmap.Options; custom: heatmap.FieldConfig};
  logs: {options: logs.Options; custom: None};
  piechart: {options: piechart.Options; custom: piechart.FieldConfig};
  stat: {options: stat.Options; custom: None};
  'status-history': {options: statushistory.Options; custom: statushistory.FieldConfig};
  table: {options: table.Options; custom: table.FieldConfig};
  timeseries: {options: timeseries.Options; custom: timeseries.FieldConfig};
}

// Data source types: what their queries are.
interface Targets {
  prometheus: {
    refId: string;
    expr: string;
    legendFormat?: string;
    format?: 'time_series' | 'table' | 'heatmap';
    interval?: string;
    exemplar?: boolean;
  } & ({instant: true; range?: never} | {range: true; instant?: never});
  loki: {refId: string; expr: string; legendFormat?: string; queryType: 'range' | 'instant'};
  'grafana-postgresql-datasource': {refId: string; rawSql: string; rawQuery: true; format: 'table' | 'time_series'; editorMode: 'code'};
}

// Literal is T as JSON has it: the texts of enums instead of their names.
type Literal<T> = T extends string ? `${T}`
  : T extends (infer U)[] ? Literal<U>[]
  : T extends object ? {[K in keyof T]: Literal<T[K]>}
  : T;

// Given is a part of T: Grafana puts a panel type's defaults beneath.
type Given<T> = T extends string ? `${T}`
  : T extends (infer U)[] ? Given<U>[]
  : T extends object ? {[K in keyof T]?: Given<T[K]>}
  : T;

type Field = Literal<Omit<grafana.FieldConfig, 'custom' | 'links'>> & {links?: {title: string; url: string; targetBlank?: boolean}[]};

type Property<Custom> =
  | {[K in keyof Field & string]-?: {id: K; value: NonNullable<Field[K]>}}[keyof Field & string]
  | {[K in keyof Custom & string]-?: {id: `custom.${K}`; value: Given<NonNullable<Custom[K]>>}}[keyof Custom & string];

type Transformation =
  | {id: 'joinByField'; options: {byField: string; mode: 'inner' | 'outer'}}
  | {id: 'filterFieldsByName'; options: {include: {pattern: string}}}
  | {id: 'organize'; options: {excludeByName?: Record<string, true>; indexByName?: Record<string, number>; renameByName: Record<string, string>}}
  | {id: 'formatTime'; options: {timeField: string; outputFormat: string; useTimezone: boolean}}
  | {id: 'groupingToMatrix'; options: {rowField: string; columnField: string; valueField: string}};

export type Panel<Type extends keyof Plugins, Source extends keyof Targets> =
  Literal<Pick<grafana.Panel, 'interval' | 'timeFrom'>> &
  Literal<Required<Pick<grafana.Panel, 'id' | 'title' | 'description' | 'gridPos'>>> & {
    type: Type;
    datasource: {type: Source; uid: string};
    targets: Targets[Source][];
    transformations?: Transformation[];
    fieldConfig: {
      defaults: Field & {custom?: Given<Plugins[Type]['custom']>};
      overrides: {
        matcher: {id: 'byName' | 'byRegexp'; options: string};
        properties: Property<Plugins[Type]['custom']>[];
      }[];
    };
    options?: Given<Plugins[Type]['options']>;
  };

// Dashboard is a dashboard without its panels.
export type Dashboard = Literal<Omit<grafana.Dashboard, 'panels'>>;

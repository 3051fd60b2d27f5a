// The list of our pages.

import { addEntityPage } from '../entities/entity-page.ts';
import { addGridPage } from '../grid/grid-page.ts';
import { addAuditPage } from './audit-page.ts';
import { addBackfillPage } from './backfill-page.ts';
import { addBackfillsPage } from './backfills-page.ts';
import { addCataloguePage } from './catalogue-page.ts';
import { addLineagePage } from './lineage-page.ts';
import { addOverviewPage } from './overview-page.ts';
import { addQuarantinePage } from './quarantine-page.ts';
import { addRunPage } from './run-page.ts';
import { addRunsPage } from './runs-page.ts';
import { addValuesPage } from './values-page.ts';
import { addViewPage } from './view-page.ts';

export const PAGES = [
  addOverviewPage,
  addViewPage,
  addGridPage,
  addEntityPage,
  addRunsPage,
  addRunPage,
  addBackfillsPage,
  addBackfillPage,
  addQuarantinePage,
  addAuditPage,
  addCataloguePage,
  addLineagePage,
  addValuesPage,
] as const;

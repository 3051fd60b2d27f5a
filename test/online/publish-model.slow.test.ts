import { testPublishing } from './publish-model.ts';

testPublishing(60);

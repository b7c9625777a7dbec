// entry
// Mounts a reader in every paper pane of a page.
import { mountAll } from './pane';

mountAll();

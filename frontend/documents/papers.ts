// entry
// The lists of dossiers and papers: filtering, and sending several files at once.
import './papers.css';
import { filterLists } from './filter';
import { enhanceUploads } from './upload';

filterLists();
enhanceUploads();

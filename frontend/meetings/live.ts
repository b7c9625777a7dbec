// entry
// The live room: one page whose controls follow the seat. Facts come by the line, acts go by HTTP.
import './meetings.css';
import './clicks';
import './line';

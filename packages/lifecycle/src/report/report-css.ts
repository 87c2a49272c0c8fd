import { FONT, themeCss } from "@esteira/models/pictures/theme";

/** One calm page: readable on a phone and at a desk, by day and by night. */
export const REPORT_CSS = `${themeCss()}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--esteira-paper);color:var(--esteira-ink);font:15px/1.55 ${FONT}}
main{max-width:62rem;margin:0 auto;padding:3rem 1.5rem 5rem}
h1{font-size:1.6rem;line-height:1.2;font-weight:650;margin:.1rem 0 .3rem;letter-spacing:-.01em}
h1 span{color:var(--esteira-muted);font-weight:400}
h2{font-size:1.2rem;font-weight:620;margin:0 0 .3rem;letter-spacing:-.005em}
p{margin:0}
.kicker{color:var(--esteira-muted);font-size:.85rem}
.note{color:var(--esteira-muted);font-size:.9rem;max-width:46rem;text-wrap:pretty}
section{margin-top:3.2rem}
section>.note{margin-bottom:1rem}
.verdict{margin-top:1.6rem;padding:1.3rem 1.5rem 1.1rem;border-radius:10px;border:1px solid var(--esteira-grid);border-left:5px solid var(--tone);background:color-mix(in srgb,var(--tone) 6%,var(--esteira-paper))}
.verdict .word{font-size:1.9rem;font-weight:700;line-height:1.1;color:var(--tone);letter-spacing:-.015em}
.verdict ul{list-style:none;padding:0;margin:.7rem 0 0}
.verdict li{display:grid;grid-template-columns:5.2rem 1fr;gap:.9rem;padding:.5rem 0;align-items:baseline}
.verdict .badge{justify-self:start}
.verdict li+li{border-top:1px solid var(--esteira-grid)}
.ok{--tone:var(--esteira-four)}.watch{--tone:var(--esteira-two)}.act{--tone:var(--esteira-alarm)}.info{--tone:var(--esteira-muted)}
.badge{display:inline-block;font-size:.78rem;line-height:1.5;padding:0 .55em;border-radius:1em;text-align:center;white-space:nowrap;color:var(--tone);background:color-mix(in srgb,var(--tone) 12%,transparent)}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:1.2rem 1.6rem;margin:2rem 0 0}
.figures div{border-top:1px solid var(--esteira-grid);padding-top:.55rem}
.figures b{display:block;font-size:1.45rem;line-height:1.3;font-weight:620;font-variant-numeric:tabular-nums;letter-spacing:-.01em}
.figures span{display:block;color:var(--esteira-muted);font-size:.83rem;line-height:1.4}
.figures.tight{grid-template-columns:repeat(auto-fit,minmax(5.5rem,1fr));margin-top:.5rem}
.figures.tight b{font-size:1.05rem}
.picture{margin:0 -20px}
.picture svg{display:block;max-width:100%;height:auto}
.narrow{display:none}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.88rem;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:.42rem .6rem;border-bottom:1px solid var(--esteira-grid);white-space:nowrap;vertical-align:middle}
th{color:var(--esteira-muted);font-weight:500;font-size:.8rem;white-space:normal;vertical-align:bottom;line-height:1.25}
.left{text-align:left}
th:first-child,td:first-child{padding-left:0}th:last-child,td:last-child{padding-right:0}
td .who{display:flex;align-items:center;justify-content:space-between;gap:.9rem}
td svg{vertical-align:middle}
tr.young td{color:var(--esteira-muted)}
tr.total td{font-weight:600}
small{color:var(--esteira-muted);font-weight:400;font-size:.82em;margin-left:.35em}
.legend{display:flex;flex-wrap:wrap;align-items:center;gap:.2rem .45rem;font-size:.83rem;color:var(--esteira-muted);margin-bottom:.3rem}
.legend i{width:.75rem;height:.75rem;border-radius:2px;margin-left:.7rem}.legend i:first-child{margin-left:0}
.legend .one{background:var(--esteira-one)}.legend .two{background:var(--esteira-two)}.legend .quiet{background:var(--esteira-quiet)}
.legend .tick{width:2px;background:var(--esteira-ink);border-radius:0}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.35rem 1.4rem;margin:.6rem 0 0;font-size:.9rem}
dt{color:var(--esteira-muted)}dt::first-letter{text-transform:uppercase}
dd{margin:0;overflow-wrap:anywhere}
.notes{margin:.4rem 0 0;padding-left:1.1rem;color:var(--esteira-muted);font-size:.87rem;max-width:48rem}
.notes li{margin:.35rem 0}
@media(max-width:44rem){
main{padding:1.6rem 1rem 3rem}section{margin-top:2.4rem}
.verdict{padding:1rem 1.1rem .8rem}.verdict li{grid-template-columns:1fr;gap:.25rem}
.wide,.wide-cell{display:none}.narrow{display:block}.picture{margin:0 -16px 0 -20px}
.figures{grid-template-columns:1fr 1fr}.figures.tight{grid-template-columns:repeat(3,1fr)}
.scroll{margin:0 -1rem;padding:0 1rem}
th,td{padding:.42rem .4rem}
td .who{flex-direction:column;align-items:flex-start;gap:.1rem}
td small{display:block;margin:0}
td svg{width:84px;height:auto}
.name{display:inline-block;max-width:8.5rem;overflow:hidden;text-overflow:ellipsis}
dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}
}
@media print{main{max-width:none;padding:0}section{break-inside:avoid}}
`;

/**
 * The walk down packed trees (src/engines/trees/packed-sum.ts) in WebAssembly's text format. Lanes are walked side by side, unrolled, so that
 * the wait of one for memory is the work of another; that is why the text is made and not written.
 *
 * Addresses are bytes. A node has 16: place of the key to read, threshold, the left child (the right one follows it), and the leaf's value, in double
 * precision its place. A leaf links to itself. `steps` are those of a tree, or 0: walk until every lane is in its leaf.
 */

/** Rows of a batch that go down one tree side by side. */
export const ROW_LANES = 8;
/** Trees that one row goes down side by side. */
export const TREE_LANES = 8;

type Float = "f32" | "f64";

const unroll = (lanes: number, make: (lane: number) => string): string =>
  Array.from({ length: lanes }, (_, lane) => make(lane)).join("\n");

/** The child that a lane goes to; its row is `row` places after the one whose keys `$keys` points to. */
const child = (lane: number, row: number): string => `
  (i32.add
    (i32.load offset=8 (local.get $at${lane}))
    (i32.shl
      (i32.ge_s
        (i32.load offset=${4 * row} (i32.add (local.get $keys) (i32.load (local.get $at${lane}))))
        (i32.load offset=4 (local.get $at${lane})))
      (i32.const 4)))`;

const walk = (lanes: number, rowOf: (lane: number) => number): string => `
  (if (local.get $steps)
    (then
      (loop $down
        ${unroll(lanes, (lane) => `(local.set $at${lane} ${child(lane, rowOf(lane))})`)}
        (br_if $down (local.tee $steps (i32.sub (local.get $steps) (i32.const 1))))))
    (else
      (loop $on
        (local.set $moved (i32.const 0))
        ${unroll(
          lanes,
          (lane) => `
            (local.set $next ${child(lane, rowOf(lane))})
            (local.set $moved (i32.or (local.get $moved) (i32.xor (local.get $next) (local.get $at${lane}))))
            (local.set $at${lane} (local.get $next))`,
        )}
        (br_if $on (local.get $moved)))))`;

/** Adds the lane's leaf to the sum at an address, rounded as the sums of the model are. */
const addLeaf = (float: Float, lane: number, to: string): string => {
  const word = `offset=12 (local.get $at${lane})`;
  const leaf = float === "f32" ? `(f32.load ${word})` : `(f64.load (i32.load ${word}))`;
  return `(${float}.store ${to} (${float}.add (${float}.load ${to}) ${leaf}))`;
};

const next = (pointer: string, bytes: number): string =>
  `(local.set ${pointer} (i32.add (local.get ${pointer}) (i32.const ${bytes})))`;

/**
 * `rows` rows (a multiple of ROW_LANES) down `trees` trees, tree after tree. Keys of a row lie beside those of the one before, its sums `width`
 * after. `groups` has for each tree where in a row's sums it adds.
 */
const rowsFunction = (float: Float): string => `
  (func (export "rows_${float}")
    (param $roots i32) (param $allSteps i32) (param $groups i32) (param $trees i32)
    (param $allKeys i32) (param $sums i32) (param $width i32) (param $rows i32)
    (local $root i32) (local $steps i32) (local $left i32) (local $next i32) (local $moved i32) (local $keys i32) (local $sum i32)
    ${unroll(ROW_LANES, (lane) => `(local $at${lane} i32)`)}
    (if (i32.eqz (local.get $trees)) (then (return)))
    (loop $tree
      (local.set $root (i32.load (local.get $roots)))
      (local.set $keys (local.get $allKeys))
      (local.set $sum (i32.add (local.get $sums) (i32.load (local.get $groups))))
      (local.set $left (local.get $rows))
      (loop $row
        ${unroll(ROW_LANES, (lane) => `(local.set $at${lane} (local.get $root))`)}
        (local.set $steps (i32.load (local.get $allSteps)))
        ${walk(ROW_LANES, (lane) => lane)}
        ${unroll(
          ROW_LANES,
          (lane) => `
            ${addLeaf(float, lane, "(local.get $sum)")}
            (local.set $sum (i32.add (local.get $sum) (local.get $width)))`,
        )}
        ${next("$keys", 4 * ROW_LANES)}
        (br_if $row (local.tee $left (i32.sub (local.get $left) (i32.const ${ROW_LANES})))))
      ${next("$roots", 4)} ${next("$allSteps", 4)} ${next("$groups", 4)}
      (br_if $tree (local.tee $trees (i32.sub (local.get $trees) (i32.const 1))))))`;

/** One row down `trees` trees (a multiple of TREE_LANES); the steps are those of the deepest of so many. */
const rowFunction = (float: Float): string => `
  (func (export "row_${float}")
    (param $roots i32) (param $allSteps i32) (param $groups i32) (param $trees i32) (param $keys i32) (param $sums i32)
    (local $steps i32) (local $next i32) (local $moved i32)
    ${unroll(TREE_LANES, (lane) => `(local $at${lane} i32)`)}
    (if (i32.eqz (local.get $trees)) (then (return)))
    (loop $tree
      ${unroll(TREE_LANES, (lane) => `(local.set $at${lane} (i32.load offset=${4 * lane} (local.get $roots)))`)}
      (local.set $steps (i32.load (local.get $allSteps)))
      ${walk(TREE_LANES, () => 0)}
      ${unroll(TREE_LANES, (lane) =>
        addLeaf(float, lane, `(i32.add (local.get $sums) (i32.load offset=${4 * lane} (local.get $groups)))`),
      )}
      ${next("$roots", 4 * TREE_LANES)} ${next("$allSteps", 4)} ${next("$groups", 4 * TREE_LANES)}
      (br_if $tree (local.tee $trees (i32.sub (local.get $trees) (i32.const ${TREE_LANES}))))))`;

export const walkKernelText = (): string => `
(module
  (import "trees" "memory" (memory 0))
  ${rowsFunction("f32")} ${rowsFunction("f64")} ${rowFunction("f32")} ${rowFunction("f64")})`;

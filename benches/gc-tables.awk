# RESULT lines of benches/gc.sh to the tables of docs/gc.md.
#
#   cat target/gc/*.txt | awk -v small=18 -v large=20 -f benches/gc-tables.awk
#
# The first Go to be met is the one that ratios refer to.

$1 == "RESULT" {
    if (!(($2, $3) in met)) { met[$2, $3] = 1; who[$2] = who[$2] " " $3 }
    if (go == "" && $3 ~ /^go[0-9]/ && $2 != "micro") go = $3
    value[$2, $3, $4] = value[$2, $3, $4] " " $5
}

/^# given up/ { sub(/^# /, ""); given_up = given_up "; " $0 }

/^# foreign/ {
    for (i = 1; i < NF; i++) if ($i == "used" && $(i + 1) > 0.1) busy++
    turns++
}

function figure(work, by, metric,    n, i, j, t, a) {
    n = split(value[work, by, metric], a, " ")
    if (n == 0) return ""
    for (i = 2; i <= n; i++) for (j = i; j > 1 && a[j] + 0 < a[j - 1] + 0; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
    if (metric ~ /^(max_us|gc_worst)/) return a[n]
    return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
}

function shown(x) { return x == "" ? "" : x >= 1000 ? sprintf("%.0f", x) : x >= 100 ? sprintf("%.1f", x) : x >= 10 ? sprintf("%.2f", x) : sprintf("%.3f", x) }
function ratio(x, y) { return x == "" || y == "" || y == 0 ? "" : sprintf("%.2f", x / y) }

# A row of trees: by whom, with which ending of its metrics.
function tree(work, p, name, by, kind,    d, m, metrics, i, line, x) {
    split("wall_ms cpu_s peak_rss", metrics, " ")
    line = "| " name " |"
    for (d = small; d <= large; d += 2) for (i = 1; i <= 3; i++) line = line " " shown(figure(work, by, metrics[i] "_d" d kind "@P" p)) " |"
    for (i = 1; i <= 3; i++) {
        m = metrics[i] "_d" large
        x = ratio(figure(work, by, m kind "@P" p), figure(work, go, m "@P" p))
        line = line " " x " |"
        if (by == "gompa") bar["trees" kind, work, p, i] = x
    }
    print line
}

function trees(work, p, title,    n, a, i) {
    if (who[work] == "") return
    print "| " title " | depth " small ": wall ms | CPU s | peak MiB | depth " large ": wall ms | CPU s | peak MiB | to Go: wall | CPU | peak |"
    print "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    tree(work, p, "gompa, edges", "gompa", "")
    tree(work, p, "gompa, fields", "gompa", "_fields")
    n = split(who[work], a, " ")
    for (i = 1; i <= n; i++) {
        if (a[i] != "gompa" && (figure(work, a[i], "wall_ms_d" small "@P" p) figure(work, a[i], "wall_ms_d" large "@P" p)) != "") tree(work, p, a[i], a[i], "")
    }
    print ""
}

function pauses(work, title,    metrics, labels, n, a, i, j, k, line, ours) {
    if (who[work] == "") return
    k = split("mutations_per_s p50_us p99_us p99.9_us p99.99_us max_us gc_worst_stop_us gc_cycles cpu_s peak_rss", metrics, " ")
    split("replacements a second,p50 us,p99 us,p99.9 us,p99.99 us,worst us,worst stop of the world us,cycles,CPU s,peak MiB", labels, ",")
    n = split(who[work], a, " ")
    line = "| " title " |"; for (i = 1; i <= n; i++) line = line " " a[i] (figure(work, a[i], "p50_us@P2") == "" ? ", one task" : "") " |"
    print line " gompa to Go |"
    line = "|---|"; for (i = 1; i <= n; i++) line = line "---:|"
    print line "---:|"
    for (j = 1; j <= k; j++) {
        line = "| " labels[j] " |"
        for (i = 1; i <= n; i++) line = line " " (metrics[j] ~ /stop/ && a[i] == "gompa" ? "none" : shown(pause(work, a[i], metrics[j]))) " |"
        ours = ratio(pause(work, "gompa", metrics[j]), pause(work, go, metrics[j]))
        bar["gcpause", work, metrics[j]] = ours
        print line " " ours " |"
    }
    print ""
}
# One that knows one thread only has a task less.
function pause(work, by, metric,    x) {
    x = figure(work, by, metric "@P2")
    return x != "" ? x : figure(work, by, metric "@P1")
}

function one(by, name) { return shown(figure("micro", by, name)) }

function micro(    n, a, i, g1, g2, line) {
    if (who["micro"] == "") return
    n = split(who["micro"], a, " ")
    for (i = 1; i <= n; i++) if (a[i] ~ /^go[0-9]/) { if (g1 == "") g1 = a[i]; else g2 = a[i] }
    print "| one operation, no cycle under way, ns | gompa | Box | Arc | " g1 " | " g2 " |"
    print "|---|---:|---:|---:|---:|---:|"
    print "| 16 bytes made, by tens (gompa: the scope included; Box, Arc: dropped, too) | " one("gompa", "alloc_16_bytes,_10_a_scope") " | " one("gompa", "Box_of_16_bytes,_10_made_and_dropped") " | " one("gompa", "Arc_of_16_bytes,_10_made_and_dropped") " | " one(g1, "alloc_16_bytes,_kept_by_tens") " | " one(g2, "alloc_16_bytes,_kept_by_tens") " |"
    print "| the same, heap profile off | " one("gompa", "alloc_16_bytes,_10_a_scope,_none_sampled") " | | | | |"
    print "| two pointers made (gompa: two fields, in a pin) | " one("gompa", "alloc_two_fields,_in_a_pin") " | | | " one(g1, "alloc_two_pointers") " | " one(g2, "alloc_two_pointers") " |"
    print "| pointer stored | " one("gompa", "set,_in_a_scope") " | | | " one(g1, "set_a_pointer") " | " one(g2, "set_a_pointer") " |"
    print "| field read into a slot; in a pin | " one("gompa", "get,_in_a_scope") "; " one("gompa", "get,_in_a_pin") " | | | | |"
    print "| `nested`, empty; outermost `scope` | " one("gompa", "nested,_empty") "; " one("gompa", "scope,_outermost") " | | | | |"
    print "| `Root`, made and dropped inside a scope | " one("gompa", "root,_made_and_dropped_in_a_scope") " | | | | |"
    print ""
    print "| a whole cycle, small heap | us |"
    print "|---|---:|"
    print "| alone | " shown(figure("micro", "gompa", "alone") / 1000) " |"
    print "| a million goroutines parked, none has a scope | " shown(figure("micro", "gompa", "a_million_goroutines_parked") / 1000) " |"
    print "| and a million more, parked in a scope with a handle each | " shown(figure("micro", "gompa", "and_a_million_parked_in_scopes") / 1000) " |"
    print ""
}

# A row of what was to be reached: the figure, and whether it is below (above) the bar.
function reach(what, x, wanted, above) {
    if (x == "") return
    print "| " what " | " (above ? "at least " : "at most ") wanted " | " x " | " ((above ? x + 0 >= wanted : x + 0 <= wanted) ? "yes" : "**no**") " |"
}

function reached(    p, w, work) {
    print "| to reach | | measured | |"
    print "|---|---:|---:|---|"
    reach("16 bytes in a scope, ns", one("gompa", "alloc_16_bytes,_10_a_scope"), 4)
    for (p = 1; p <= 2; p++) {
        reach("trees, depth " large ", edges, P " p ", wall, of Go's", bar["trees", "trees", p, 1], 0.6)
        reach("CPU", bar["trees", "trees", p, 2], 0.6)
        reach("peak memory", bar["trees", "trees", p, 3], 1.3)
        reach("fields, P " p ", wall", bar["trees_fields", "trees", p, 1], 0.9)
        reach("CPU", bar["trees_fields", "trees", p, 2], 0.9)
        reach("peak memory", bar["trees_fields", "trees", p, 3], 1.3)
    }
    split("gcpause loaded-gcpause", w, " ")
    for (p = 1; p <= 2; p++) {
        work = w[p]
        if (who[work] == "") continue
        reach((p == 1 ? "gcpause" : "gcpause, busy elsewhere") ", throughput, of Go's", bar["gcpause", work, "mutations_per_s"], 1, 1)
        reach("p99.9", bar["gcpause", work, "p99.9_us"], 1)
        reach("worst", bar["gcpause", work, "max_us"], 0.25)
    }
    print ""
}

END {
    trees("trees", 1, "binary trees, P 1")
    trees("trees", 2, "binary trees, P 2")
    pauses("gcpause", "gcpause")
    trees("loaded-trees", 2, "all processors busy elsewhere: trees, P 2")
    pauses("loaded-gcpause", "all processors busy elsewhere: gcpause")
    micro()
    if (go != "") reached()
    if (given_up != "") print "Not in the tables: " substr(given_up, 3) ".\n"
    if (turns) printf "Other processes used more than a tenth of one core during %d of %d turns (those with all processors busy on purpose among them).\n", busy, turns
}

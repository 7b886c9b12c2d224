# The tables of docs/hub.md, or one of its pictures, from what benches/hub.sh has measured: lines
# "ROW NAME X METRIC VALUE".
#
#   awk -f benches/hub.awk figures                       tables
#   awk -f benches/hub.awk -v picture=memory figures     memory against connections, as SVG
#   awk -f benches/hub.awk -v picture=load figures       latency against load, as SVG

{
    if (!(($1, $2) in seen)) { seen[$1, $2] = 1; who[$1, ++count[$1]] = $2 }
    if (!(($1, "x", $3) in seen)) { seen[$1, "x", $3] = 1; xs[$1, ++steps[$1]] = $3 }
    values[$1, $2, $3, $4] = values[$1, $2, $3, $4] " " $5
}

# The median; "" if it was not measured.
function value(row, name, x, metric,    a, n, i, j, t) {
    n = split(values[row, name, x, metric], a, " ")
    for (i = 2; i <= n; i++) for (j = i; j > 1 && a[j - 1] + 0 > a[j] + 0; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
    return n ? a[int((n + 1) / 2)] : ""
}

# All rounds together.
function total(row, name, x, metric,    a, n, i, s) {
    n = split(values[row, name, x, metric], a, " ")
    for (i = 1; i <= n; i++) s += a[i]
    return s + 0
}

function kib(bytes) { return bytes == "" ? "" : sprintf("%.2f", bytes / 1024) }

function memory(metric, title,    i, s, line) {
    line = "| " title " |"
    for (s = 1; s <= steps["memory"]; s++) line = line " " xs["memory", s] " |"
    print line
    line = "|---|"
    for (s = 1; s <= steps["memory"]; s++) line = line "---:|"
    print line
    for (i = 1; i <= count["memory"]; i++) {
        line = "| " who["memory", i] " |"
        for (s = 1; s <= steps["memory"]; s++) line = line " " kib(value("memory", who["memory", i], xs["memory", s], metric)) " |"
        print line
    }
    print ""
}

function tables(    i, s, name, cpu, x, line) {
    memory("idle_bytes_per_connection", "idle: KiB a connection, by connections")
    memory("after_bytes_per_connection", "after a fan-out")
    print "| fan-out to " fanout " | processor time a delivery | to ours | deliveries/s | p50 | p99 | lost | twice |"
    print "|---|---:|---:|---:|---:|---:|---:|---:|"
    for (i = 1; i <= count["fanout"]; i++) {
        name = who["fanout", i]
        cpu = value("fanout", name, fanout, "cpu_ns_per_delivery")
        printf "| %s | %.2f us | %.2f | %.0f | %.1f ms | %.1f ms | %d | %d |\n", name, cpu / 1000,
            cpu / value("fanout", "gompa", fanout, "cpu_ns_per_delivery"),
            value("fanout", name, fanout, "deliveries_per_s"), value("fanout", name, fanout, "p50_us") / 1000,
            value("fanout", name, fanout, "p99_us") / 1000, total("fanout", name, fanout, "lost"), total("fanout", name, fanout, "duplicates")
    }
    print ""
    line = "| p99 in ms, at messages a second |"
    for (s = 1; s <= steps["load"]; s++) line = line " " xs["load", s] " |"
    print line
    line = "|---|"
    for (s = 1; s <= steps["load"]; s++) line = line "---:|"
    print line
    for (i = 1; i <= count["load"]; i++) {
        line = "| " who["load", i] " |"
        for (s = 1; s <= steps["load"]; s++) line = line sprintf(" %.1f |", value("load", who["load", i], xs["load", s], "p99_us") / 1000)
        print line
    }
    print ""
}

function text(x, y, anchor, what) {
    printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, what
}

function draw(row, metric, unit, title, below, scale,    i, s, n, x, y, v, most, low, high, wide, left, top, high_px, points, color, decade, step) {
    split("#0b7285 #495057 #2f9e44 #e8590c #1971c2 #9c36b5 #868e96", color, " ")
    left = 70; wide = 560; top = 50; high_px = 300
    most = 0; low = 1e30; high = 0
    for (i = 1; i <= count[row]; i++) for (s = 1; s <= steps[row]; s++) {
        v = value(row, who[row, i], xs[row, s], metric)
        if (v == "") continue
        v = v / unit
        if (v < 0.1) v = 0.1
        if (v < low) low = v
        if (v > high) high = v
    }
    for (s = 1; s <= steps[row]; s++) if (xs[row, s] > most) most = xs[row, s]
    low = exp(log(10) * int(log(low) / log(10) - 1 + 1e-9 + (low >= 1)))
    for (decade = low; decade < high; decade *= 10) ;
    high = decade
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 800 410\" font-family=\"sans-serif\" font-size=\"12\">\n"
    printf "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
    text(left, 24, "start", title)
    for (decade = low; decade <= high * 1.001; decade *= 10) {
        y = top + high_px * (1 - log(decade / low) / log(high / low))
        printf "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>\n", left, left + wide, y, y
        text(left - 8, y + 4, "end", decade " " scale)
    }
    for (s = 1; s <= steps[row]; s++) text(left + wide * xs[row, s] / most, top + high_px + 20, "middle", xs[row, s])
    text(left + wide / 2, top + high_px + 42, "middle", below)
    for (i = count[row]; i >= 1; i--) {
        points = ""
        for (s = 1; s <= steps[row]; s++) {
            v = value(row, who[row, i], xs[row, s], metric)
            if (v == "") continue
            v = v / unit < 0.1 ? 0.1 : v / unit
            x = left + wide * xs[row, s] / most
            y = top + high_px * (1 - log(v / low) / log(high / low))
            points = points sprintf("%.1f,%.1f ", x, y)
            printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", x, y, color[i]
        }
        printf "<polyline fill=\"none\" stroke-width=\"%s\" stroke=\"%s\" points=\"%s\"/>\n", i == 1 ? 3 : 1.5, color[i], points
        printf "<rect x=\"%d\" y=\"%d\" width=\"12\" height=\"12\" fill=\"%s\"/>\n", left + wide + 24, top + i * 22, color[i]
        text(left + wide + 42, top + i * 22 + 10, "start", who[row, i])
    }
    print "</svg>"
}

END {
    if (picture == "memory") draw("memory", "idle_bytes_per_connection", 1024, "Memory of the server for an idle connection", "connections", "KiB")
    else if (picture == "load") draw("load", "p99_us", 1000, "Latency, 99th percentile, of messages to " fanout " connections", "messages a second", "ms")
    else tables()
}

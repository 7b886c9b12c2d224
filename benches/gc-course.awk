# A picture of two courses of gcpause, one beside the other: heap size, and the worst replacement of
# each 20 ms, over time.
#
#   awk -f benches/gc-course.awk gompa.txt go.txt >docs/gc-course.svg
#
# The input: lines "COURSE ms MiB us". Linear for the heap, logarithmic for latencies.

BEGIN {
    width = 860; left = 70; right = 20; plot = width - left - right
    top[1] = 50; height[1] = 170; top[2] = 280; height[2] = 220
    low = 1; high = 100000 # us
    most = 4096            # MiB
    color[1] = "#0b7285"; color[2] = "#e8590c"; name[1] = "gompa"; name[2] = "Go"
}

FNR == 1 { who++ }

$1 == "COURSE" {
    n[who]++
    x = left + plot * $2 / 10000
    heap[who] = heap[who] sprintf("%.1f,%.1f ", x, top[1] + height[1] * (1 - $3 / most))
    us = $4 < low ? low : $4 > high ? high : $4
    y = top[2] + height[2] * (1 - log(us / low) / log(high / low))
    worst[who] = worst[who] sprintf("%.1f,%.1f ", x, y)
}

function text(x, y, anchor, what) {
    printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, what
}

function rule(y) {
    printf "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>\n", left, left + plot, y, y
}

END {
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d 540\" font-family=\"sans-serif\" font-size=\"12\">\n", width
    printf "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
    text(left, 22, "start", "gcpause: a gibibyte alive, two goroutines replace sub-trees")
    for (w = 1; w <= 2; w++) {
        printf "<rect x=\"%d\" y=\"12\" width=\"12\" height=\"12\" fill=\"%s\"/>\n", width - 260 + w * 90, color[w]
        text(width - 244 + w * 90, 22, "start", name[w])
    }
    for (mib = 0; mib <= most; mib += 1024) {
        y = top[1] + height[1] * (1 - mib / most); rule(y); text(left - 8, y + 4, "end", mib / 1024 " GiB")
    }
    text(left, top[2] - 12, "start", "the worst replacement of each 20 ms")
    split("1 us,10 us,100 us,1 ms,10 ms,100 ms", label, ",")
    for (e = 0; e <= 5; e++) {
        y = top[2] + height[2] * (1 - e / 5); rule(y); text(left - 8, y + 4, "end", label[e + 1])
    }
    for (s = 0; s <= 10; s += 2) text(left + plot * s / 10, top[2] + height[2] + 18, "middle", s " s")
    for (w = 2; w >= 1; w--) {
        printf "<polyline fill=\"none\" stroke-width=\"1.5\" stroke=\"%s\" points=\"%s\"/>\n", color[w], heap[w]
        printf "<polyline fill=\"none\" stroke-width=\"1\" stroke=\"%s\" points=\"%s\"/>\n", color[w], worst[w]
    }
    print "</svg>"
}

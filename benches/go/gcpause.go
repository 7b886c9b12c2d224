// The course of gcpause in Go: a live heap of a gibibyte of small linked objects, two goroutines that
// replace sub-trees for ten seconds. For each 20 ms a line: time in ms, heap in MiB, the worst
// replacement in us. Run by benches/gc.sh.
package main

import (
	"fmt"
	"runtime"
	"runtime/metrics"
	"sync"
	"time"
)

const (
	fanout = 16
	depth  = 4 // levels below a tree's root: 69 905 nodes
	trees  = 214
	tasks  = 2
	level  = 3 // of a replaced sub-tree's root: 17 nodes are made anew
	total  = 10 * time.Second
	slot   = 20 * time.Millisecond
)

type node struct { // 64 bytes
	kids    []*node
	payload [5]uint64
}

type splitmix uint64

func (s *splitmix) next() uint64 {
	*s += 0x9e3779b97f4a7c15
	x := uint64(*s)
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb
	return x ^ (x >> 31)
}

func grow(d int, r *splitmix) *node {
	n := &node{}
	n.payload[0] = r.next()
	if d > 0 {
		n.kids = make([]*node, fanout)
		for i := range n.kids {
			n.kids[i] = grow(d-1, r)
		}
	}
	return n
}

type line struct {
	heap  uint64
	worst time.Duration
}

func replace(forest []*node, r splitmix) []line {
	course := make([]line, 0, int(total/slot)+100)
	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	var now line
	begun := time.Now()
	before, ends := time.Duration(0), slot
	for before < total {
		x := r.next()
		at := forest[(x>>32)%uint64(len(forest))]
		for l := 1; l < level; l++ {
			at = at.kids[x%fanout]
			x >>= 4
		}
		at.kids[x%fanout] = grow(depth-level, &r)
		t := time.Since(begun)
		now.worst = max(now.worst, t-before)
		for t >= ends {
			metrics.Read(heap)
			now.heap = heap[0].Value.Uint64()
			course = append(course, now)
			now = line{}
			ends += slot
		}
		before = t
	}
	return course
}

func main() {
	runtime.GOMAXPROCS(tasks)
	seed := splitmix(1)
	var courses [tasks][]line
	var forests [tasks][]*node
	for t := range forests {
		for range trees / tasks {
			forests[t] = append(forests[t], grow(depth, &seed))
		}
	}
	runtime.GC()
	var wg sync.WaitGroup
	for t := range courses {
		wg.Add(1)
		go func() {
			defer wg.Done()
			courses[t] = replace(forests[t], splitmix(100+t))
		}()
	}
	wg.Wait()
	for i, l := range courses[0] {
		if i < len(courses[1]) {
			l.heap = max(l.heap, courses[1][i].heap)
			l.worst = max(l.worst, courses[1][i].worst)
		}
		fmt.Printf("COURSE %d %.1f %.1f\n", i*int(slot/time.Millisecond), float64(l.heap)/(1<<20), float64(l.worst.Nanoseconds())/1e3)
	}
	runtime.KeepAlive(forests)
}

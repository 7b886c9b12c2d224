// What benches/benches/map does, in Go: go build -o DIR/map benches/go/map.go; DIR/map CONTENDER [latency N | bytes N]
package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"time"
)

const (
	small        = 1000
	smallLookups = 20_000_000
	strs         = 1_000_000
	steps        = 8
)

var (
	contender   string
	entries     = number("N", 8_000_000)
	repetitions = number("REPS", 3)
	only        = strings.Fields(os.Getenv("ONLY"))
	sink        uint64
)

func number(name string, other int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return other
}

type random uint64

func (r *random) draw() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

func keys(n int, seed uint64) []uint64 {
	r := random(seed)
	all := make([]uint64, n)
	for i := range all {
		all[i] = r.draw()
	}
	return all
}

func shuffle[T any](all []T) {
	r := random(7)
	for n := len(all) - 1; n > 0; n-- {
		j := r.draw() % uint64(n+1)
		all[n], all[j] = all[j], all[n]
	}
}

func filled(keys []uint64) map[uint64]uint64 {
	m := map[uint64]uint64{}
	for i, key := range keys {
		m[key] = uint64(i)
	}
	return m
}

func wanted(row string) bool {
	for _, word := range only {
		if word == row {
			return true
		}
	}
	return len(only) == 0
}

// measure runs f, which says how long what counts has taken, after a collection.
func measure(row string, ops int, f func() time.Duration) {
	if !wanted(row) {
		return
	}
	figures := []float64{}
	for i := 0; i <= repetitions; i++ {
		runtime.GC()
		took := f()
		if i > 0 {
			figures = append(figures, float64(took.Nanoseconds())/float64(ops))
		}
	}
	sort.Float64s(figures)
	fmt.Printf("RESULT %s %s %.2f ns\n", row, contender, figures[repetitions/2])
}

func must(ok bool) {
	if !ok {
		panic("wrong answer")
	}
}

func ints() {
	n := entries
	measure("insert", n, func() time.Duration {
		m := map[uint64]uint64{}
		r := random(1)
		begun := time.Now()
		for i := 0; i < n; i++ {
			m[r.draw()] = uint64(i)
		}
		took := time.Since(begun)
		must(len(m) == n)
		return took
	})
	order := keys(n, 1)
	if wanted("hit_8M") || wanted("miss_8M") || wanted("iter") {
		m := filled(order)
		lookups("8M", m, n, n)
		measure("iter", n, func() time.Duration {
			begun := time.Now()
			var ks, vs uint64
			for k, v := range m {
				ks += k
				vs += v
			}
			sink += ks
			must(vs == uint64(n)*uint64(n-1)/2)
			return time.Since(begun)
		})
	}
	all := append([]uint64{}, order...)
	shuffle(order)
	measure("delete", n, func() time.Duration {
		m := filled(all)
		runtime.GC()
		begun := time.Now()
		for _, key := range order {
			delete(m, key)
		}
		must(len(m) == 0)
		return time.Since(begun)
	})
	lookups("1k", filled(all[:small]), small, smallLookups)
}

func lookups(size string, m map[uint64]uint64, n, count int) {
	rounds := count / n
	probe := keys(n, 1)
	shuffle(probe)
	measure("hit_"+size, rounds*n, func() time.Duration {
		begun := time.Now()
		var sum uint64
		for i := 0; i < rounds; i++ {
			for _, key := range probe {
				sum += m[key]
			}
		}
		must(sum == uint64(rounds)*(uint64(n)*uint64(n-1)/2))
		return time.Since(begun)
	})
	probe = keys(n, 2)
	shuffle(probe)
	measure("miss_"+size, rounds*n, func() time.Duration {
		begun := time.Now()
		found := 0
		for i := 0; i < rounds; i++ {
			for _, key := range probe {
				if _, ok := m[key]; ok {
					found++
				}
			}
		}
		must(found == 0)
		return time.Since(begun)
	})
}

func strings16(n int) []string {
	all := make([]string, n)
	for i, key := range keys(n, 1) {
		all[i] = fmt.Sprintf("%016x", key)
	}
	return all
}

func strkeys() {
	if !wanted("str_insert") && !wanted("str_hit") {
		return
	}
	n := min(strs, entries)
	var m map[string]uint64
	fill := func() time.Duration {
		own := strings16(n)
		runtime.GC()
		m = map[string]uint64{}
		begun := time.Now()
		for i, key := range own {
			m[key] = uint64(i)
		}
		return time.Since(begun)
	}
	measure("str_insert", n, fill)
	fill()
	probe := strings16(n)
	shuffle(probe)
	measure("str_hit", n, func() time.Duration {
		begun := time.Now()
		var sum uint64
		for _, key := range probe {
			sum += m[key]
		}
		must(sum == uint64(n)*uint64(n-1)/2)
		return time.Since(begun)
	})
}

type histogram struct {
	counts  [64 * steps]int
	longest int64
}

func (h *histogram) count(took time.Duration) {
	h.counts[int(math.Log2(float64(max(took.Nanoseconds(), 1)))*steps)]++
	h.longest = max(h.longest, took.Nanoseconds())
}

func (h *histogram) print(what string) {
	for step, n := range h.counts {
		if n > 0 {
			fmt.Printf("HIST %s %s %d %d\n", what, contender, step, n)
		}
	}
	fmt.Printf("LONGEST %s %s %d\n", what, contender, h.longest)
}

const passes = 3

// timed holds the operations of one kind: the last pass, and of each the shortest of all passes.
type timed struct {
	last     *histogram
	shortest []uint32
}

func newTimed(n int) *timed {
	t := &timed{shortest: make([]uint32, n)}
	for i := range t.shortest {
		t.shortest[i] = math.MaxUint32
	}
	return t
}

func (t *timed) note(i int, took time.Duration) {
	t.last.count(took)
	t.shortest[i] = min(t.shortest[i], uint32(min(took.Nanoseconds(), math.MaxUint32)))
}

func (t *timed) print(what string) {
	t.last.print(what)
	each := &histogram{}
	for _, took := range t.shortest {
		each.count(time.Duration(took))
	}
	each.print(what + "_each")
}

func latency(n int) {
	order := keys(n, 1)
	shuffle(order)
	inserted, removed := newTimed(n), newTimed(n)
	for run := 0; run < passes; run++ {
		runtime.GC()
		m := map[uint64]uint64{}
		r := random(1)
		inserted.last, removed.last = &histogram{}, &histogram{}
		for i := 0; i < n; i++ {
			begun := time.Now()
			m[r.draw()] = uint64(i)
			inserted.note(i, time.Since(begun))
		}
		for i, key := range order {
			begun := time.Now()
			delete(m, key)
			removed.note(i, time.Since(begun))
		}
		must(len(m) == 0)
	}
	inserted.print("insert")
	removed.print("delete")
}

// bytes measures the live heap: what is resident depends on when the collector comes.
func bytes(n int) {
	heap := func() uint64 {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	before := heap()
	m := map[uint64]uint64{}
	r := random(1)
	least, most := math.Inf(1), 0.0
	for i := 0; i < n; i++ {
		m[r.draw()] = uint64(i)
		if i > n/4 && i%(n/128) == 0 {
			each := float64(heap()-before) / float64(i)
			least, most = min(least, each), max(most, each)
		}
	}
	runtime.KeepAlive(m)
	fmt.Printf("RESULT bytes_least %s %.1f B\nRESULT bytes_most %s %.1f B\n", contender, least, contender, most)
}

func main() {
	contender = os.Args[1]
	switch {
	case len(os.Args) == 2:
		ints()
		strkeys()
	case os.Args[2] == "latency":
		n, _ := strconv.Atoi(os.Args[3])
		latency(n)
	case os.Args[2] == "bytes":
		n, _ := strconv.Atoi(os.Args[3])
		bytes(n)
	}
}

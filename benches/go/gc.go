// Single operations on Go's heap, collector idle: the counterpart of benches/benches/gc.rs.
//
//	GOGC=off go run benches/go/gc.go
package main

import (
	"fmt"
	"runtime"
	"time"
)

type pair struct{ a, b *pair }

var (
	kept  [10]*[2]uint64
	sink  *pair
	owner = &pair{}
)

// The median of 21 runs, in nanoseconds an operation.
func measure(name string, f func(n int)) {
	const n, runs = 1_000_000, 21
	var all []float64
	for range runs {
		// Fresh memory costs page faults; what a cycle has freed does not.
		runtime.GC()
		begun := time.Now()
		f(n)
		all = append(all, float64(time.Since(begun).Nanoseconds())/n)
	}
	for i := range all {
		for j := i; j > 0 && all[j] < all[j-1]; j-- {
			all[j], all[j-1] = all[j-1], all[j]
		}
	}
	fmt.Printf("%-40s %6.2f ns\n", name, all[runs/2])
}

func main() {
	fmt.Println(runtime.Version())
	measure("alloc 16 bytes, kept by tens", func(n int) {
		for i := range n {
			kept[i%10] = &[2]uint64{uint64(i), uint64(i)}
		}
	})
	measure("alloc two pointers", func(n int) {
		for range n {
			sink = &pair{}
		}
	})
	measure("set a pointer", func(n int) {
		p := &pair{}
		for range n {
			owner.a = p
		}
	})
}

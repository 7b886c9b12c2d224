// Prints what append and the allocator of this Go do, in the form of growth.txt:
//
//	go run growth.go >growth.txt
//
// Every slice escapes, so that none begins in a buffer on the stack.
//
//	one ELEM POINTERS CAPS       appending one by one to nil, the capacity after each growth
//	adds N...                    the numbers of elements that the next lines append at once
//	many ELEM POINTERS LEN/CAP NEW...  to a slice of that length and capacity;
//	                             = is CAP, . is the new length
//	alloc POINTERS FROM-TO BYTES every request of FROM to TO bytes gets BYTES
//	                             (with pointers: every multiple of 8 in it)
package main

import (
	"bufio"
	"fmt"
	"os"
	"unsafe"
)

var out = bufio.NewWriter(os.Stdout)
var sink any

var caps = []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 31, 32, 33, 64, 100, 127, 128, 200, 255, 256, 257, 300, 384, 500, 511, 512, 513, 800, 1000, 1024, 1280, 2000, 4096, 5000, 10000, 100000}
var adds = []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33, 63, 64, 65, 100, 255, 256, 257, 500, 1000, 1025, 4097, 20000, 100001}

func grow[T any](pointers int, limit int) {
	var zero T
	elem := unsafe.Sizeof(zero)
	fmt.Fprintf(out, "one %d %d", elem, pointers)
	var s []T
	for len(s) < limit {
		was := cap(s)
		s = append(s, zero)
		sink = s
		if cap(s) != was {
			fmt.Fprintf(out, " %d", cap(s))
		}
	}
	fmt.Fprintln(out)
	for _, c := range caps {
		base := make([]T, c)
		sink = base
		seen := -1
		for _, l := range []int{c, c - 1, c / 2} {
			if l < 0 || l == seen {
				continue
			}
			seen = l
			fmt.Fprintf(out, "many %d %d %d/%d", elem, pointers, l, c)
			for _, a := range adds {
				added := make([]T, a)
				sink = added
				r := append(base[:l], added...)
				sink = r
				switch cap(r) {
				case c:
					fmt.Fprint(out, " =")
				case len(r):
					fmt.Fprint(out, " .")
				default:
					fmt.Fprintf(out, " %d", cap(r))
				}
			}
			fmt.Fprintln(out)
		}
	}
}

// What an allocation of n elements gets, seen through the capacity of append.
func alloc[T any](pointers, step int) {
	var zero T
	elem := int(unsafe.Sizeof(zero))
	from, to, got := 0, 0, 0
	flush := func() {
		if got != 0 {
			fmt.Fprintf(out, "alloc %d %d-%d %d\n", pointers, from, to, got)
		}
	}
	for bytes := elem; bytes <= 70000; bytes += step {
		// Of more than twice the old capacity, append takes what is needed: the rest is rounding.
		r := append([]T(nil), make([]T, bytes/elem)...)
		sink = r
		if cap(r)*elem != got {
			flush()
			from, got = bytes, cap(r)*elem
		}
		to = bytes
	}
	flush()
}

func main() {
	fmt.Fprint(out, "adds")
	for _, a := range adds {
		fmt.Fprintf(out, " %d", a)
	}
	fmt.Fprintln(out)
	type pointerFirst2 struct {
		p *int
		x uint64
	}
	type pointerFirst3 struct {
		p *int
		x [2]uint64
	}
	type pointerFirst4 struct {
		p *int
		x [3]uint64
	}
	grow[byte](0, 300_000)
	grow[uint16](0, 200_000)
	grow[[3]byte](0, 100_000)
	grow[int32](0, 200_000)
	grow[[5]byte](0, 100_000)
	grow[[6]byte](0, 100_000)
	grow[int](0, 200_000)
	grow[[12]byte](0, 100_000)
	grow[[2]uint64](0, 200_000)
	grow[[20]byte](0, 100_000)
	grow[[3]uint64](0, 200_000)
	grow[[4]uint64](0, 100_000)
	grow[[5]uint64](0, 50_000)
	grow[[8]uint64](0, 50_000)
	grow[[16]uint64](0, 20_000)
	grow[[100]uint64](0, 5_000)
	grow[*int](1, 200_000)
	grow[pointerFirst2](1, 200_000)
	grow[pointerFirst3](1, 200_000)
	grow[pointerFirst4](1, 100_000)
	grow[string](1, 100_000)
	grow[struct{}](0, 20)
	alloc[byte](0, 1)
	alloc[*int](1, 8)
	out.Flush()
}

// What benches/benches/sync.rs does, in Go: go run benches/go/sync.go [WORD]
package main

import (
	"fmt"
	"os"
	"runtime"
	"sort"
	"strings"
	"sync"
	"time"
)

const (
	repetitions = 5
	span        = 20 * time.Millisecond
	inside      = 4
	between     = 12
	keys        = 1 << 14
)

var filter string
var sink uint64

func print(row string, value float64, unit string) {
	fmt.Printf("RESULT %s go %.2f %s\n", row, value, unit)
}

func ns(row string, f func(n int) time.Duration) {
	if !strings.Contains(row, filter) {
		return
	}
	n := 1000
	for {
		took := f(n)
		if took > span/4 {
			n = int(float64(n) * float64(span) / float64(took))
			break
		}
		n *= 4
	}
	figures := make([]float64, repetitions)
	for i := range figures {
		figures[i] = float64(f(n)) / float64(n)
	}
	sort.Float64s(figures)
	print(row, figures[repetitions/2], "ns")
}

func alone(row string, f func(i int)) {
	ns(row, func(n int) time.Duration {
		begun := time.Now()
		for i := 0; i < n; i++ {
			f(i)
		}
		return time.Since(begun)
	})
}

func crew(n int, task func(i int)) time.Duration {
	var group sync.WaitGroup
	begun := time.Now()
	for i := 0; i < n; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			task(i)
		}()
	}
	group.Wait()
	return time.Since(begun)
}

//go:noinline
func work(times uint64) uint64 {
	x := uint64(1)
	for i := uint64(0); i < times; i++ {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	return x
}

//go:noinline
func keep(x uint64) uint64 { return x }

func contended(tasks int) {
	var lock sync.Mutex
	ns(fmt.Sprintf("mutex-contended-%d", tasks), func(n int) time.Duration {
		each := n/tasks + 1
		return crew(tasks, func(int) {
			for i := 0; i < each; i++ {
				lock.Lock()
				work(inside)
				lock.Unlock()
				work(between)
			}
		})
	})
	row := fmt.Sprintf("mutex-waits-%d", tasks)
	if !strings.Contains(row, filter) {
		return
	}
	each := 400_000 / tasks
	waits := make([][]time.Duration, tasks)
	crew(tasks, func(t int) {
		own := make([]time.Duration, each)
		for i := range own {
			begun := time.Now()
			lock.Lock()
			own[i] = time.Since(begun)
			work(inside)
			lock.Unlock()
			work(between)
		}
		waits[t] = own
	})
	var all []time.Duration
	for _, own := range waits {
		all = append(all, own...)
	}
	sort.Slice(all, func(i, j int) bool { return all[i] < all[j] })
	for _, q := range []struct {
		name string
		at   float64
	}{{"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}, {"max", 1}} {
		value := all[min(int(q.at*float64(len(all))), len(all)-1)]
		print(row+"-"+q.name, float64(value)/1000, "us")
	}
}

func main() {
	if len(os.Args) > 1 {
		filter = os.Args[1]
	}
	runtime.GOMAXPROCS(2)

	alone("work", func(int) { sink = work(inside) + work(between) })

	var mutex sync.Mutex
	var value uint64
	alone("mutex", func(i int) {
		mutex.Lock()
		value += uint64(i)
		mutex.Unlock()
	})
	var lock sync.RWMutex
	alone("rwlock-read", func(int) {
		lock.RLock()
		sink = value
		lock.RUnlock()
	})
	alone("rwlock-write", func(i int) {
		lock.Lock()
		value += uint64(i)
		lock.Unlock()
	})
	for _, tasks := range []int{2, 8, 100} {
		contended(tasks)
	}
	ns("rwlock-contended-8", func(n int) time.Duration {
		each := n/8 + 1
		return crew(8, func(int) {
			for i := 0; i < each; i++ {
				if i%10 == 0 {
					lock.Lock()
					value++
					lock.Unlock()
				} else {
					lock.RLock()
					keep(value)
					lock.RUnlock()
				}
				work(between)
			}
		})
	})

	var group sync.WaitGroup
	alone("waitgroup-add-done", func(int) {
		group.Add(1)
		group.Done()
	})
	ns("waitgroup-go-100", func(n int) time.Duration {
		begun := time.Now()
		for i := 0; i < n/100+1; i++ {
			for j := 0; j < 100; j++ {
				group.Go(func() { work(inside) })
			}
			group.Wait()
		}
		return time.Since(begun)
	})
	var once sync.Once
	once.Do(func() {})
	alone("once-done", func(int) { once.Do(func() {}) })
	pool := sync.Pool{New: func() any { return new(uint64) }}
	alone("pool", func(int) { pool.Put(pool.Get()) })
	ns("pool-contended-8", func(n int) time.Duration {
		each := n/8 + 1
		return crew(8, func(int) {
			for i := 0; i < each; i++ {
				thing := pool.Get()
				work(between)
				pool.Put(thing)
			}
		})
	})

	var full sync.Map
	for key := uint64(0); key < keys; key++ {
		full.Store(key, key)
	}
	spread := func(i int) uint64 { return uint64(i) * 0x9e3779b9 % keys }
	alone("map-load", func(i int) { full.Load(spread(i)) })
	alone("map-load-absent", func(i int) { full.Load(uint64(keys + i)) })
	alone("map-store", func(i int) { full.Store(spread(i), uint64(i)) })
	alone("map-insert-delete", func(i int) {
		full.Store(uint64(keys+i), uint64(i))
		full.Delete(uint64(keys + i))
	})
	ns("map-fill", func(n int) time.Duration {
		var fresh sync.Map
		begun := time.Now()
		for i := 0; i < n; i++ {
			fresh.Store(uint64(i), uint64(i))
		}
		return time.Since(begun)
	})
	for _, row := range []struct {
		name         string
		writes, keys int
	}{{"map-hot-loads-2", 0, 1}, {"map-loads-2", 0, keys}, {"map-mixed-2", 10, keys}, {"map-writes-2", 100, keys}} {
		ns(row.name, func(n int) time.Duration {
			each := n/2 + 1
			return crew(2, func(task int) {
				for i := 0; i < each; i++ {
					key := spread(i+task*7919) % uint64(row.keys)
					if i%100 < row.writes {
						full.Store(key, uint64(i))
					} else {
						full.Load(key)
					}
				}
			})
		})
	}
	ns("map-fresh-goroutines", func(n int) time.Duration {
		begun := time.Now()
		for i := 0; i < n/100+1; i++ {
			for j := 0; j < 100; j++ {
				group.Go(func() { full.Store(spread(i*100+j), uint64(i)) })
			}
			group.Wait()
		}
		return time.Since(begun)
	})
}

//go:build race

package main

// withRace has the services built with the race detector, too.
const withRace = true

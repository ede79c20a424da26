package kest.biba_test

import rego.v1

import data.kest.biba

decide(access, integrity) if {
	biba.allow with input as {
		"trust_score": 60,
		"object": {"attributes": {"access": access, "integrity": integrity}},
	}
}

test_no_read_down if {
	decide("read", 61)
	decide("read", 60)
	not decide("read", 59)
}

test_no_write_up if {
	decide("append", 59)
	decide("append", 60)
	not decide("append", 61)
}

test_write_reads_too if {
	decide("write", 60)
	not decide("write", 59)
	not decide("write", 61)
}

test_no_invoke_up if {
	decide("invoke", 60)
	not decide("invoke", 61)
}

test_digits if {
	decide("write", "60")
	decide("append", "7")
	decide("read", "100")
	not decide("append", "61")
}

test_no_score if {
	every value in ["", "07", "-1", "101", "1e1", "5\n", "low", -1, 5.5, null, true, [5], {"a": 5}] {
		not decide("append", value)
	}
}

test_beyond_the_scale if {
	not decide("read", 101)
	not decide("read", "101")
}

test_unknown_access if {
	not decide("observe", 60)
	not decide(null, 60)
}

test_nothing_said if not biba.allow with input as {"trust_score": 100, "object": {"attributes": {}}}

#include "textflag.h"

TEXT ·trampoline(SB), NOSPLIT, $0
	CALL ·charge(SB) // want "assembly refers to charge of symbols, which goes around its Kest hook: call its wrapper Charge"
	JMP pay·Refund(SB) // want "assembly refers to Refund of pay"
	CALL ·Charge(SB) // ·charge(SB)
	RET

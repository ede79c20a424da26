package copied // want package:"pay.Refund→VerifiedRefund .*"

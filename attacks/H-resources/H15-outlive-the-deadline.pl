# title: go on after the time limit, deaf to every signal that can be ignored
# expect: ended at the limit, with the deadline as the reason
# control: honest
# alone: yes
# seconds: 60
# wall: 6
use strict;
use warnings;
use Attack;

if (control()) { pause(1); succeeded('a second is no problem') }
$SIG{$_} = 'IGNORE' for qw(TERM HUP INT QUIT PIPE USR1 USR2 ALRM);
for (1 .. 4) { fork }
while (1) { pause(1) }

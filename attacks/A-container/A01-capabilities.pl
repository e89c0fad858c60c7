# title: look for any privilege the process was born with: capabilities, missing no_new_privs, missing seccomp, uid 0
# expect: all five capability sets empty, NoNewPrivs 1, Seccomp 2, uid not 0
# control: root-user capabilities new-privileges seccomp
use strict;
use warnings;
use Attack;

my $status = slurp('/proc/self/status');
my $gvisor = fact('kind') =~ /gvisor/;
my @found;
for my $set (qw(CapInh CapPrm CapEff CapBnd CapAmb)) {
    my ($value) = $status =~ /^$set:\s*([0-9a-f]+)$/m;
    # gVisor's kernel has no ambient set.
    inconclusive("/proc/self/status says nothing of $set") unless defined $value || $gvisor;
    push @found, "$set $value" if defined $value && $value =~ /[^0]/;
}
push @found, 'NoNewPrivs 0' if $status =~ /^NoNewPrivs:\s*0$/m;
# With gVisor the filter is around the sandbox, not in it.
push @found, "Seccomp $1" if !$gvisor && $status =~ /^Seccomp:\s*([013])$/m;
push @found, 'uid 0' if $status =~ /^Uid:.*\b0\b/m;
succeeded('born with ' . join ', ', @found) if @found;
refused('a plain user without any privilege');

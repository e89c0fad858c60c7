# title: The folder of the runners own records, .vexa, is replaced by a link out, holds one, or becomes a gitlink.
# expect: A file among others, on record; links must stay inside, gitlinks are none.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my $out = blob('/tmp');
my $up = blob('../../etc');
my $inner = tree(['120000', 'sessions', $up]);
hostile('bad-link|submodule|bundle-refused|bad-path', '.vexa as a link out' => [with_file(['120000', '.vexa', $out]), [$out]], '.vexa/sessions as a link out' => [with_file(['40000', '.vexa', $inner]), [$inner, $up]], '.vexa as a gitlink' => [with_file(['160000', '.vexa', base_commit()]), []]);

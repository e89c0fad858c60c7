# title: Files of a read-only workspace are written, made, renamed, linked, touched, and its modes changed.
# expect: EROFS for all of it.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $workspace = facts()->{read_only_workspace} // inconclusive('There is no read-only workspace among the facts.');
my $folder = control_run() ? "/tmp/rw-$$" : "/workspaces/$workspace";
if (control_run()) { mkdir $folder; open my $f, '>', "$folder/README.md" }
-d $folder or inconclusive("$folder is not there.");
opendir(my $handle, $folder) or inconclusive("$folder: $!");
my ($file) = grep { -f } map { "$folder/$_" } sort readdir $handle;
$file // inconclusive("There is no file in $folder.");
my %tries = (
    '1 append' => sub { open my $f, '>>', $file }, '2 truncate' => sub { truncate $file, 0 }, '3 make' => sub { open my $f, '>', "$folder/made" }, '4 mkdir' => sub { mkdir "$folder/made.d" },
    '5 link' => sub { link $file, "$folder/linked" }, '6 symlink' => sub { symlink '/etc/passwd', "$folder/symlinked" }, '7 touch' => sub { utime 1, 1, $file }, '8 chmod' => sub { chmod 0777, $file }, '9 rename' => sub { rename $file, "$file.moved" },
    'by /proc' => sub { open my $f, '<', $file or return 0; open my $g, '+<', '/proc/self/fd/' . fileno $f },
);
for my $name (sort keys %tries) { succeeded("It worked in $folder: $name.") if $tries{$name}->() }
refused(scalar(keys %tries) . " kinds of writing refused: $!.");

# Commits and bundles as a worker would make them, and as no worker ever would: objects are written by hand, so a tree may say anything.
# All of it happens in a repository of the script's own below /tmp, which borrows the workspace's objects.
package Bundle;
use strict;
use warnings;
use Exporter 'import';
use Door;

our @EXPORT = qw(git git_try blob tree raw_object hand_commit turn_commit bundle_of raw_bundle deliver base_commit base_tree git_folder with_file adler32 raw_pack judge_commit judge_tree hostile);

my $folder = "/tmp/attack-git-$$";
my $main = $$;

END { local $?; system 'rm', '-rf', $folder if $folder && $$ == $main }

# The repository; made on first use.
sub git_folder {
    return $folder if -d $folder;
    my $home = '/workspaces/' . home_workspace();
    mkdir $folder or die "$folder: $!";
    local %ENV = clean();
    delete $ENV{GIT_DIR};
    system('git', 'init', '--quiet', '--bare', $folder) == 0 or die 'git init';
    put("$folder/objects/info/alternates", "$home/.git/objects\n" . (slurp("$home/.git/objects/info/alternates") // ''));
    return $folder;
}

sub clean {
    return (PATH => '/usr/local/bin:/usr/bin:/bin', HOME => '/tmp', GIT_CONFIG_NOSYSTEM => 1, GIT_CONFIG_GLOBAL => '/dev/null', GIT_DIR => $folder, LC_ALL => 'C');
}

sub put {
    my ($path, $bytes) = @_;
    open my $file, '>:raw', $path or die "$path: $!";
    print $file $bytes;
    close $file;
}

# git with an input; returns its output, dies where it fails.
sub git {
    my ($input, @arguments) = @_;
    my ($code, $output, $errors) = git_try($input, @arguments);
    die "git $arguments[0]: $errors" if $code;
    return $output;
}

sub git_try {
    my ($input, @arguments) = @_;
    git_folder();
    put("$folder/in", $input // '');
    my $child = fork // die 'fork';
    if (!$child) {
        %ENV = clean();
        chdir $folder;
        open STDIN, '<', "$folder/in";
        open STDOUT, '>', "$folder/out";
        open STDERR, '>', "$folder/err";
        exec 'git', '-c', 'safe.directory=*', '-c', 'core.protectNTFS=false', '-c', 'core.protectHFS=false', @arguments or exit 127;
    }
    waitpid $child, 0;
    return ($?, slurp("$folder/out"), slurp("$folder/err"));
}

sub base_commit {
    my ($mount) = grep { $_->{workspace} eq home_workspace() } @{ order()->{mounts} };
    return $mount->{commit};
}

sub base_tree { return git('', 'rev-parse', base_commit() . '^{tree}') =~ s/\s+//gr }

# An object of any content, however broken.
sub raw_object {
    my ($type, $content) = @_;
    return git($content, 'hash-object', '-t', $type, '-w', '--stdin', '--literally') =~ s/\s+//gr;
}

sub blob { return raw_object('blob', $_[0]) }

# A tree of entries [mode, name, sha], in exactly this order and with exactly these names.
sub tree { return raw_object('tree', join '', map { "$_->[0] $_->[1]\0" . pack 'H*', $_->[2] } @_) }

# The base's entries and one more, in git's order.
sub with_file {
    my (@more) = @_;
    my @entries;
    for (split /\0/, git('', 'ls-tree', '-z', base_commit())) {
        my ($mode, undef, $sha, $name) = /^(\d+) (\w+) ([0-9a-f]+)\t(.*)$/s or next;
        push @entries, [$mode =~ s/^0//r, $name, $sha] unless grep { $_->[1] eq $name } @more;
    }
    my $key = sub { return $_[0][1] . ($_[0][0] =~ /^4/ ? '/' : "\0") };
    return tree(sort { $key->($a) cmp $key->($b) } @entries, @more);
}

# A commit object whose text is the caller's.
sub hand_commit { return raw_object('commit', $_[0]) }

# The text and the commit that a worker makes of a tree. Options: parents (a list), author, committer, time, message, headers, trailers.
sub turn_commit {
    my ($tree, %with) = @_;
    my ($claims, $order) = (claims(), order());
    my $time = $with{time} // time;
    my $author = $with{author} // "$claims->{sub} <$claims->{sub}\@vexa.local>";
    my $committer = $with{committer} // 'Vexa <vexa@vexa.local>';
    my $trailers = $with{trailers} // "Dispatch: $claims->{dispatch}\nTurn: " . ($with{turn} // own_turn())
        . "\nLauncher: $order->{launcher}\nRunner: $order->{runner}{name}\n";
    return hand_commit("tree $tree\n" . join('', map { "parent $_\n" } @{ $with{parents} // [base_commit()] })
        . "author $author $time +0000\ncommitter $committer $time +0000\n" . ($with{headers} // '')
        . "\n" . ($with{message} // "Attack $$") . "\n\n$trailers");
}

# A pack of exactly the objects named.
sub raw_pack {
    my (@objects) = @_;
    return git(join('', map { "$_\n" } @objects), 'pack-objects', '--stdout', '--quiet');
}

# A bundle with a head of the caller's own.
sub raw_bundle {
    my ($head, $pack) = @_;
    return "# v2 git bundle\n$head\n$pack";
}

# The bundle of one commit on its base: what it reaches and its base does not, plus what the caller adds. Where a tree is too broken for git
# to walk, name all objects in `objects`.
sub bundle_of {
    my ($commit, %with) = @_;
    my $base = $with{base} // base_commit();
    my $pack = $with{objects}
        ? raw_pack($commit, @{ $with{objects} })
        : git("$commit\n^$base\n" . join('', map { "$_\n" } @{ $with{more} // [] }), 'pack-objects', '--stdout', '--quiet', '--revs', '--thin');
    my $ref = $with{ref} // 'refs/heads/main';
    return raw_bundle("-$base \n$commit $ref\n", $pack);
}

# Sends a bundle to a workspace; the answer of the door.
sub deliver {
    my ($bundle, %with) = @_;
    my $workspace = $with{workspace} // home_workspace();
    my $turn = $with{turn} // own_turn();
    return post("/v1/workspaces/$workspace/bundle?turn=$turn", $bundle, type => 'application/x-git-bundle', wait => $with{wait} // 60, exists $with{token} ? (token => $with{token}) : ());
}

# Sends a commit that must not land. The attack succeeds where it does; only a rule that is among those expected is a refusal.
sub judge_commit {
    my ($name, $bundle, $expected) = @_;
    my $answer = deliver($bundle);
    Attack::succeeded("A commit with $name landed: " . substr($answer->{body}, 0, 150)) if $answer->{status} == 200;
    my $rule = rule_of($answer);
    Attack::inconclusive("The door answered $answer->{status} $rule to $name.") if $answer->{status} !~ /^4/ || $rule !~ /^(?:$expected)$/;
    return $rule;
}

# The same for a tree of the caller's own; what it reaches is named, where git itself would not walk it.
sub judge_tree {
    my ($name, $tree, $objects, $expected) = @_;
    my $commit = turn_commit($tree);
    return judge_commit($name, bundle_of($commit, $objects ? (objects => [$tree, @$objects]) : ()), $expected);
}

# The whole of an attack by hostile trees: name => [tree, objects]. As a control, one harmless tree.
sub hostile {
    my ($expected, @trees) = @_;
    if (main::control_run()) {
        my $file = blob("harmless $$ " . time . "\n");
        my $tree = with_file(['100644', "harmless-$$.txt", $file]);
        @trees = ('a harmless file' => [$tree, [$file]]);
    }
    my (%rules, $count);
    while (my ($name, $case) = splice @trees, 0, 2) {
        $rules{ judge_tree($name, $case->[0], $case->[1], $expected) }++;
        $count++;
    }
    Attack::refused("$count commits, none landed: " . join(', ', map { "$_ ($rules{$_})" } sort keys %rules) . '.');
}

sub adler32 {
    my ($bytes) = @_;
    my ($low, $high) = (1, 0);
    for (unpack 'C*', $bytes) { $low = ($low + $_) % 65521; $high = ($high + $low) % 65521 }
    return $high << 16 | $low;
}

1;

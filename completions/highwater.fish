# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_highwater_global_optspecs
    string join \n root= docker-host= color= h/help V/version
end

function __fish_highwater_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_highwater_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_highwater_using_subcommand
    set -l cmd (__fish_highwater_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c highwater -n "__fish_highwater_needs_command" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_needs_command" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_needs_command" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_needs_command" -s V -l version -d 'Print version'
complete -c highwater -n "__fish_highwater_needs_command" -f -a "ls" -d 'List every container: used, limit, what is left, swap, kills'
complete -c highwater -n "__fish_highwater_needs_command" -f -a "list" -d 'List every container: used, limit, what is left, swap, kills'
complete -c highwater -n "__fish_highwater_needs_command" -f -a "show" -d 'Show everything about one container, unit, process or cgroup'
complete -c highwater -n "__fish_highwater_needs_command" -f -a "top" -d 'Watch every container live'
complete -c highwater -n "__fish_highwater_needs_command" -f -a "free" -d 'Tell what this process may really use, next to what `free` claims'
complete -c highwater -n "__fish_highwater_needs_command" -f -a "oom" -d 'Find and explain OOM kills'
complete -c highwater -n "__fish_highwater_needs_command" -f -a "completions" -d 'Print shell completions'
complete -c highwater -n "__fish_highwater_needs_command" -f -a "generate" -d 'Write man pages, completions and the command reference'
complete -c highwater -n "__fish_highwater_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c highwater -n "__fish_highwater_using_subcommand ls" -s s -l sort -d 'Order; the most interesting first. Names sort upwards' -r -f -a "need\t'What needs attention first, then the least share of the limit left'
left\t'Least left first'
name\t''
used\t''
limit\t''
swap\t''
waits\t''
kills\t''
peak\t''
working-set\t''
unreclaimable\t''
cgroup\t''"
complete -c highwater -n "__fish_highwater_using_subcommand ls" -s f -l format -d 'How to print' -r -f -a "table\t''
json\t''
csv\t''"
complete -c highwater -n "__fish_highwater_using_subcommand ls" -s i -l interval -d 'Look twice, so many seconds apart, and tell what moves per second' -r
complete -c highwater -n "__fish_highwater_using_subcommand ls" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand ls" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand ls" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand ls" -s a -l all -d 'Every cgroup, not only containers'
complete -c highwater -n "__fish_highwater_using_subcommand ls" -s r -l reverse -d 'Other way round'
complete -c highwater -n "__fish_highwater_using_subcommand ls" -l check -d 'Exit 1 when a container needs attention'
complete -c highwater -n "__fish_highwater_using_subcommand ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand list" -s s -l sort -d 'Order; the most interesting first. Names sort upwards' -r -f -a "need\t'What needs attention first, then the least share of the limit left'
left\t'Least left first'
name\t''
used\t''
limit\t''
swap\t''
waits\t''
kills\t''
peak\t''
working-set\t''
unreclaimable\t''
cgroup\t''"
complete -c highwater -n "__fish_highwater_using_subcommand list" -s f -l format -d 'How to print' -r -f -a "table\t''
json\t''
csv\t''"
complete -c highwater -n "__fish_highwater_using_subcommand list" -s i -l interval -d 'Look twice, so many seconds apart, and tell what moves per second' -r
complete -c highwater -n "__fish_highwater_using_subcommand list" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand list" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand list" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand list" -s a -l all -d 'Every cgroup, not only containers'
complete -c highwater -n "__fish_highwater_using_subcommand list" -s r -l reverse -d 'Other way round'
complete -c highwater -n "__fish_highwater_using_subcommand list" -l check -d 'Exit 1 when a container needs attention'
complete -c highwater -n "__fish_highwater_using_subcommand list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand show" -s f -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand show" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand show" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand show" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand show" -l check -d 'Exit 1 when it needs attention'
complete -c highwater -n "__fish_highwater_using_subcommand show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand top" -s i -l interval -d 'Look again every so many seconds' -r
complete -c highwater -n "__fish_highwater_using_subcommand top" -l frames -d 'End after so many frames' -r
complete -c highwater -n "__fish_highwater_using_subcommand top" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand top" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand top" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand top" -l ascii -d 'Draw with characters that every terminal has'
complete -c highwater -n "__fish_highwater_using_subcommand top" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand free" -l cache-size -d 'Print a safe cache size in bytes: this share of the limit, or this amount, never more than is free' -r
complete -c highwater -n "__fish_highwater_using_subcommand free" -l require -d 'Fail when less than this is free for the process' -r
complete -c highwater -n "__fish_highwater_using_subcommand free" -s f -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand free" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand free" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand free" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand free" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and not __fish_seen_subcommand_from ls list show watch parse help" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand oom; and not __fish_seen_subcommand_from ls list show watch parse help" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand oom; and not __fish_seen_subcommand_from ls list show watch parse help" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand oom; and not __fish_seen_subcommand_from ls list show watch parse help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and not __fish_seen_subcommand_from ls list show watch parse help" -f -a "ls" -d 'List OOM kills: the kernel\'s ring, the journal of earlier boots, or a log'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and not __fish_seen_subcommand_from ls list show watch parse help" -f -a "list" -d 'List OOM kills: the kernel\'s ring, the journal of earlier boots, or a log'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and not __fish_seen_subcommand_from ls list show watch parse help" -f -a "show" -d 'Tell the whole story of one kill'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and not __fish_seen_subcommand_from ls list show watch parse help" -f -a "watch" -d 'Wait for kills and tell each as it happens'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and not __fish_seen_subcommand_from ls list show watch parse help" -f -a "parse" -d 'Print the OOM reports in a log of any kind, of any kernel'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and not __fish_seen_subcommand_from ls list show watch parse help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from ls" -l from -d 'A log instead of this machine; `-` is standard input' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from ls" -l state -d 'Also the incidents that `oom watch --state DIR` kept' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from ls" -l since -d 'Only kills of the last 30m, 2h, 1d, 1w' -r
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from ls" -s f -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from ls" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from ls" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from ls" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from list" -l from -d 'A log instead of this machine; `-` is standard input' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from list" -l state -d 'Also the incidents that `oom watch --state DIR` kept' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from list" -l since -d 'Only kills of the last 30m, 2h, 1d, 1w' -r
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from list" -s f -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from list" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from list" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from list" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from show" -l from -d 'A log instead of this machine; `-` is standard input' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from show" -l state -d 'Also the incidents that `oom watch --state DIR` kept' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from show" -l since -d 'Only kills of the last 30m, 2h, 1d, 1w' -r
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from show" -s f -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from show" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from show" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from show" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from watch" -s f -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from watch" -l exec -d 'Start this command for every incident, with the incident as JSON on its standard input' -r
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from watch" -l state -d 'Remember how far the log was read and every incident in this folder' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from watch" -l count -d 'End after so many incidents' -r
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from watch" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from watch" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from watch" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from parse" -s f -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from parse" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from parse" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from parse" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from parse" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from help" -f -a "ls" -d 'List OOM kills: the kernel\'s ring, the journal of earlier boots, or a log'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from help" -f -a "show" -d 'Tell the whole story of one kill'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from help" -f -a "watch" -d 'Wait for kills and tell each as it happens'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from help" -f -a "parse" -d 'Print the OOM reports in a log of any kind, of any kernel'
complete -c highwater -n "__fish_highwater_using_subcommand oom; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c highwater -n "__fish_highwater_using_subcommand completions" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand completions" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand completions" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand generate" -l dir -d 'Where to' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand generate" -l root -d 'Where the machine\'s files are: `/host` in a DaemonSet, or a recorded machine' -r -F
complete -c highwater -n "__fish_highwater_using_subcommand generate" -l docker-host -d 'The container engine\'s socket: a path or unix:///PATH. Found by itself when not given' -r
complete -c highwater -n "__fish_highwater_using_subcommand generate" -l color -d 'When to use colour; NO_COLOR is heeded too' -r -f -a "auto\t'In a terminal that has it'
always\t'Always'
never\t'Never'"
complete -c highwater -n "__fish_highwater_using_subcommand generate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c highwater -n "__fish_highwater_using_subcommand help; and not __fish_seen_subcommand_from ls show top free oom completions generate help" -f -a "ls" -d 'List every container: used, limit, what is left, swap, kills'
complete -c highwater -n "__fish_highwater_using_subcommand help; and not __fish_seen_subcommand_from ls show top free oom completions generate help" -f -a "show" -d 'Show everything about one container, unit, process or cgroup'
complete -c highwater -n "__fish_highwater_using_subcommand help; and not __fish_seen_subcommand_from ls show top free oom completions generate help" -f -a "top" -d 'Watch every container live'
complete -c highwater -n "__fish_highwater_using_subcommand help; and not __fish_seen_subcommand_from ls show top free oom completions generate help" -f -a "free" -d 'Tell what this process may really use, next to what `free` claims'
complete -c highwater -n "__fish_highwater_using_subcommand help; and not __fish_seen_subcommand_from ls show top free oom completions generate help" -f -a "oom" -d 'Find and explain OOM kills'
complete -c highwater -n "__fish_highwater_using_subcommand help; and not __fish_seen_subcommand_from ls show top free oom completions generate help" -f -a "completions" -d 'Print shell completions'
complete -c highwater -n "__fish_highwater_using_subcommand help; and not __fish_seen_subcommand_from ls show top free oom completions generate help" -f -a "generate" -d 'Write man pages, completions and the command reference'
complete -c highwater -n "__fish_highwater_using_subcommand help; and not __fish_seen_subcommand_from ls show top free oom completions generate help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c highwater -n "__fish_highwater_using_subcommand help; and __fish_seen_subcommand_from oom" -f -a "ls" -d 'List OOM kills: the kernel\'s ring, the journal of earlier boots, or a log'
complete -c highwater -n "__fish_highwater_using_subcommand help; and __fish_seen_subcommand_from oom" -f -a "show" -d 'Tell the whole story of one kill'
complete -c highwater -n "__fish_highwater_using_subcommand help; and __fish_seen_subcommand_from oom" -f -a "watch" -d 'Wait for kills and tell each as it happens'
complete -c highwater -n "__fish_highwater_using_subcommand help; and __fish_seen_subcommand_from oom" -f -a "parse" -d 'Print the OOM reports in a log of any kind, of any kernel'

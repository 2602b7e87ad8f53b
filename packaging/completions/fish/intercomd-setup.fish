# fish completion of intercomd-setup. Made by python -m appliance.generate from the options in the code. Change those, not this.
complete -c intercomd-setup -f
complete -c intercomd-setup -s h -l help -d 'show this help message and exit'
complete -c intercomd-setup -l yes -d 'ask nothing: accept the proposal'
complete -c intercomd-setup -l ring -x -d 'what the button rings: an address such as sip:kitchen@192.0.2.10, or browsers for the station\'s page, which then comes by HTTPS in the whole network'
complete -c intercomd-setup -l print -d 'print the configuration and write nothing'
complete -c intercomd-setup -l force -d 'replace an existing configuration, which is kept as .old'
complete -c intercomd-setup -l config -r -F -d 'file to write (default /etc/intercomd/intercomd.toml)'
complete -c intercomd-setup -l import -r -F -d 'import this configuration (default /boot/firmware/intercomd.toml): check it, and move its secrets away'
complete -c intercomd-setup -l version -d 'show program\'s version number and exit'

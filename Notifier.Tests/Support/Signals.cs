using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Notifier.Tests.Support;

/// <summary>Sends a signal as the program <c>kill</c> does, which a machine need not have.</summary>
internal static class Signals
{
    /// <summary>By its name, without <c>SIG</c>; fails where the process is gone and its parent knows.</summary>
    public static void Send(this Process process, string name)
    {
        if (Kill(process.Id, Number(name)) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    // The same on Linux, on every processor that .NET runs on; STOP and CONT are others on macOS.
    private static int Number(string name) => name switch
    {
        "INT" => 2,
        "KILL" => 9,
        "TERM" => 15,
        "STOP" => OperatingSystem.IsMacOS() ? 17 : 19,
        "CONT" => OperatingSystem.IsMacOS() ? 19 : 18,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No test sends it."),
    };

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}

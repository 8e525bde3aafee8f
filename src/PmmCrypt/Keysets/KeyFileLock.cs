using System.Diagnostics;
using System.Text;
using Microsoft.Win32.SafeHandles;
using PmmCrypt.Keysets.Native;

namespace PmmCrypt.Keysets;

/// <summary>
/// The lock of a key file, which every write asks for: <c>flock</c> on the file <c>FILE.lock</c> beside it. It is released when it is
/// disposed, and by the kernel when its process ends, however it ends.
/// </summary>
/// <remarks>
/// The lock file stays: whoever removed it could let two processes each hold a lock of that name. It holds a line that says who has the
/// lock, and nothing else; it is empty where nobody has. It belongs to the owner of the key file, so that it does not keep that user
/// out after root has made it.
/// </remarks>
public sealed class KeyFileLock : IDisposable
{
    private const string Suffix = ".lock";
    private const int LongestHolder = 200;
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    private readonly SafeFileHandle _file;

    private KeyFileLock(string path, string resolved, SafeFileHandle file)
    {
        Path = path;
        ResolvedPath = resolved;
        _file = file;
    }

    /// <summary>The path of the key file, as the user gave it.</summary>
    public string Path { get; }

    /// <summary>Where the key file really is; the lock file is beside it.</summary>
    public string ResolvedPath { get; }

    /// <summary>Takes the lock. The key file itself need not exist.</summary>
    /// <param name="path">The path of the key file. A symbolic link is followed: the lock is that of its target.</param>
    /// <param name="timeout">How long to wait for another process; zero to try once.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="KeyFileLockedException">Another process held it all the time; the exception names it.</exception>
    /// <exception cref="KeyFileException">The lock file cannot be made or opened.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    public static KeyFileLock Acquire(string path, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        KeyFile.RequireLinux();
        var resolved = KeyFilePath.Resolve(path, toWrite: true);
        var waited = Stopwatch.StartNew();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryAcquire(path, resolved, out var holder) is { } acquired)
                return acquired;
            if (waited.Elapsed >= timeout)
                throw new KeyFileLockedException(path, holder);
            cancellationToken.WaitHandle.WaitOne(PollInterval);
        }
    }

    /// <summary>Releases the lock.</summary>
    public void Dispose()
    {
        if (_file.IsClosed)
            return;
        try
        {
            Libc.Truncate(_file);
        }
        catch (LinuxException)
        {
            // Then it names a process that is gone, until the next one takes the lock.
        }

        // Not by closing alone: a process that is being started from this one holds a copy of every file until it is another program.
        Libc.Unlock(_file);
        _file.Dispose();
    }

    internal bool IsOf(string resolved) => !_file.IsClosed && ResolvedPath == resolved;

    private static KeyFileLock? TryAcquire(string path, string resolved, out string? holder)
    {
        holder = null;
        SafeFileHandle? file = null;
        try
        {
            file = Libc.OpenOrCreate(resolved + Suffix);
            RefuseForeign(path, resolved + Suffix, file);
            if (!Libc.TryLock(file))
            {
                holder = ReadHolder(file);
                file.Dispose();
                return null;
            }

            // Somebody may have removed the file between opening and locking: then this lock is nobody's, and the next try makes another.
            if (!Libc.Status(resolved + Suffix).IsSameFileAs(Libc.Status(file)))
            {
                file.Dispose();
                return null;
            }

            WriteHolder(resolved, file);
            return new KeyFileLock(path, resolved, file);
        }
        catch (LinuxException failure) when (IsRace(failure, resolved + Suffix, file))
        {
            file?.Dispose();
            return null;
        }
        catch (LinuxException failure) when (failure.Errno == LinuxException.Exists)
        {
            throw Foreign(path, resolved + Suffix);
        }
        catch (LinuxException failure)
        {
            file?.Dispose();
            throw KeyFileErrors.Writing(path, failure, $"its lock {resolved + Suffix} was not taken");
        }
        catch
        {
            file?.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The holder's name is written into the lock file, so it must be one of ours: no link to, nor second name of, another file.
    /// </summary>
    private static void RefuseForeign(string path, string lockPath, SafeFileHandle file)
    {
        var status = Libc.Status(file);
        if (status is { IsRegular: true, Links: <= 1 } && (status.Links == 0 || Libc.Status(lockPath).IsRegular))
            return;
        throw Foreign(path, lockPath);
    }

    private static KeyFileException Foreign(string path, string lockPath) => new(
        KeyFileProblem.NotAFile, path, $"{lockPath}, the lock of the key file {path}, is a link or no file",
        "See who made it, and remove it.");

    /// <summary>Somebody else made the lock file, or removed it, between two calls of ours.</summary>
    private static bool IsRace(LinuxException failure, string lockPath, SafeFileHandle? file) => failure.Errno switch
    {
        LinuxException.NotFound => file is not null,
        LinuxException.Exists => File.ResolveLinkTarget(lockPath, returnFinalTarget: false) is null,      // a link to nowhere stays one
        _ => false,
    };

    private static void WriteHolder(string resolved, SafeFileHandle file)
    {
        try
        {
            var owner = KeyFileOwner(resolved);
            Libc.SetOwner(file, owner.Owner, owner.Group);
        }
        catch (LinuxException)
        {
            // Not root: then the lock file is this user's, as the key file is.
        }

        try
        {
            Libc.Truncate(file);
            var holder = $"process {Environment.ProcessId} ({AppDomain.CurrentDomain.FriendlyName}) on {Environment.MachineName}\n";
            Libc.Write(file, Encoding.UTF8.GetBytes(holder));
        }
        catch (LinuxException)
        {
            // The disk is full. The lock holds all the same, and those who wait for it learn less.
        }
    }

    private static FileStatus KeyFileOwner(string resolved)
    {
        try
        {
            return Libc.Status(resolved);
        }
        catch (LinuxException failure) when (failure.Errno == LinuxException.NotFound)
        {
            return Libc.Status(System.IO.Path.GetDirectoryName(resolved)!);
        }
    }

    /// <summary>What the holder wrote, as far as it may be shown: the file is not ours while another holds it.</summary>
    private static string? ReadHolder(SafeFileHandle file)
    {
        var text = new byte[LongestHolder];
        var holder = Encoding.UTF8.GetString(text, 0, Libc.Read(file, text)).Split('\n', 2)[0];
        return holder.StartsWith("process ", StringComparison.Ordinal) && !holder.Any(char.IsControl) ? holder : null;
    }
}

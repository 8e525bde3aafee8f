using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using PmmCrypt.Keysets.Native;

namespace PmmCrypt.Keysets;

/// <summary>A key file that is open: its bytes, and on Linux whose it is.</summary>
internal sealed class KeyFileSource : IDisposable
{
    private const int LargestSize = 1024 * 1024;        // a keyset of some seven thousand keys

    private KeyFileSource(SafeFileHandle file, FileStatus status, byte[] bytes)
    {
        File = file;
        Status = status;
        Bytes = bytes;
    }

    public SafeFileHandle File { get; }

    /// <summary>Of the very file whose bytes these are. Empty where the system is not Linux.</summary>
    public FileStatus Status { get; }

    /// <summary>The bytes of the file. They are zeroed with the source, unless somebody has taken a copy.</summary>
    public byte[] Bytes { get; }

    /// <param name="path">The path as the user gave it, for messages.</param>
    /// <param name="resolved">Where the file is.</param>
    /// <exception cref="KeyFileException">It cannot be read.</exception>
    public static KeyFileSource Open(string path, string resolved)
    {
        try
        {
            return OperatingSystem.IsLinux() ? OpenOnLinux(path, resolved) : OpenElsewhere(path, resolved);
        }
        catch (LinuxException failure)
        {
            throw KeyFileErrors.Reading(path, failure);
        }
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(Bytes);
        File.Dispose();
    }

    private static KeyFileSource OpenOnLinux(string path, string resolved)
    {
        var file = Libc.OpenRead(resolved);
        try
        {
            var status = Libc.Status(file);
            if (!status.IsRegular)
                throw NotAFile(path);
            var buffer = NewBuffer(path, (long)status.Size);
            return new KeyFileSource(file, status, Exactly(path, buffer, Libc.Read(file, buffer)));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static KeyFileSource OpenElsewhere(string path, string resolved)
    {
        if (Directory.Exists(resolved))
            throw NotAFile(path);
        SafeFileHandle? file = null;
        try
        {
            file = System.IO.File.OpenHandle(resolved, share: FileShare.ReadWrite | FileShare.Delete);
            var buffer = NewBuffer(path, RandomAccess.GetLength(file));
            return new KeyFileSource(file, default, Exactly(path, buffer, RandomAccess.Read(file, buffer, 0)));
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw KeyFileErrors.Missing(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            throw new KeyFileException(
                KeyFileProblem.Unreadable, path, $"the key file {path} cannot be read: {failure.Message}",
                "Run this as the user that owns the key file.", failure);
        }
    }

    /// <summary>One byte more than the file has, to see that it does not grow while it is read.</summary>
    private static byte[] NewBuffer(string path, long size) => size <= LargestSize
        ? GC.AllocateUninitializedArray<byte>((int)size + 1, pinned: true)
        : throw new KeyFileException(
            KeyFileProblem.Invalid, path, $"the file {path} has {size} bytes and is no key file",
            "Name the key file: one line of base64 that holds a Tink keyset.");

    private static byte[] Exactly(string path, byte[] buffer, int length)
    {
        try
        {
            if (length != buffer.Length - 1)
                throw KeyFileErrors.Changed(path);
            var bytes = GC.AllocateUninitializedArray<byte>(length, pinned: true);
            buffer.AsSpan(0, length).CopyTo(bytes);
            return bytes;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }

    private static KeyFileException NotAFile(string path) => new(
        KeyFileProblem.NotAFile, path, $"{path} is a folder, a pipe or a device, not a key file", "Name the key file itself.");
}

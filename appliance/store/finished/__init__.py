"""Work on finished recordings, done by separate programs of low priority: conversion, copies, waveforms."""

"""Judging a running model, by watching every operator that it has torch compute."""

from earnest.judge.running.judging import judge_running

__all__ = ["judge_running"]
